"""The admin of HR; importing the modules registers them."""

from organization.admin import department, employee

__all__ = ["department", "employee"]
