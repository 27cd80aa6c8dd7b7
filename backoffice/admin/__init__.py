"""What an admin author imports: `from backoffice import admin`."""

from django.contrib.admin import display, register, site

from backoffice.admin.model_admin import ModelAdmin

__all__ = ["ModelAdmin", "display", "register", "site"]
