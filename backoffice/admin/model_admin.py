"""ModelAdmin = Django's plus the parts of this package, nothing of its own."""

from django.contrib import admin


class ModelAdmin(admin.ModelAdmin):
    """A ModelAdmin whose pages cost the same for thirty rows and for three million."""
