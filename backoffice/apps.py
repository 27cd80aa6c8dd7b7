from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class BackofficeConfig(AppConfig):
    name = "backoffice"
    default = True
    verbose_name = "Back office"

    def ready(self) -> None:
        from backoffice import checks, search  # noqa: F401  # importing the checks registers them
        from backoffice.operations import checks as recorded  # noqa: F401
        from backoffice.security import accounts, headers, locks

        search.install()
        headers.install()
        accounts.install()
        locks.install()


class AdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site as the default one."""

    default_site = "backoffice.site.BackofficeSite"
    default = False

    def ready(self) -> None:
        super().ready()  # finds every app's admin
        from backoffice.admin import access_events, accounts, operations

        accounts.register()
        operations.register()
        access_events.register()
        _hide_queue()


def _hide_queue() -> None:
    """The queue of tasks is machinery: nobody adds or edits it by hand, and its errors are for the log."""
    from django.contrib.admin import site
    from django_tasks_db.models import DBTaskResult

    if site.is_registered(DBTaskResult):
        site.unregister(DBTaskResult)
