from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "tests.library"
    label = "library"

    def ready(self):
        from tests.library import privacy  # noqa: F401
