"""The admin of HR; importing the modules registers them."""

from organization.admin import department, employee, grant

__all__ = ["department", "employee", "grant"]
