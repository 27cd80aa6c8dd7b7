from django.apps import AppConfig


class ShapesConfig(AppConfig):
    name = "tests.shapes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from backoffice.privacy.registry import declare_app, none

        declare_app("shapes", none())
