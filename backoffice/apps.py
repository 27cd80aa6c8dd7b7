from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import autodiscover_modules


class BackofficeConfig(AppConfig):
    name = "backoffice"
    default = True
    verbose_name = "Back office"

    def ready(self) -> None:
        from backoffice import checks, previewed, search  # noqa: F401  # importing the checks registers them
        from backoffice.access import events, limits, names
        from backoffice.access.record import touches
        from backoffice.access.roles import begin, update_roles
        from backoffice.access.trees import declare_rule
        from backoffice.exchange import (
            numbered,  # noqa: F401
            scratch,
        )
        from backoffice.imports import forgetting
        from backoffice.operations import account_sets, guard, renames
        from backoffice.operations import accounts as noted
        from backoffice.operations import checks as recorded  # noqa: F401
        from backoffice.operations.conflicts import keeps
        from backoffice.operations.current import before_commit
        from backoffice.privacy import account_names, declared, former, gone, holds, pointers, scope  # noqa: F401
        from backoffice.privacy import checks as classified  # noqa: F401
        from backoffice.security import accounts, headers, locks
        from backoffice.sql import hosts

        guard.install()
        renames.install(self)
        noted.install()
        account_sets.install()
        former.install()
        account_names.install()
        pointers.install()
        forgetting.install()
        names.install()
        search.install()
        previewed.install()
        hosts.install()
        scratch.install()
        before_commit(holds.look)
        keeps(holds.kept)
        before_commit(gone.look)
        events.connect()
        limits.install()
        scope.install()
        declare_rule(self.get_model("Operation"), touches)
        autodiscover_modules("access")
        autodiscover_modules("dashboard")
        pre_migrate.connect(begin, dispatch_uid="backoffice.access")
        post_migrate.connect(update_roles, dispatch_uid="backoffice.access")
        headers.install()
        accounts.install()
        locks.install()


class AdminConfig(admin_apps.AdminConfig):
    """Django's admin with our site as the default one."""

    default_site = "backoffice.site.BackofficeSite"
    default = False

    def ready(self) -> None:
        super().ready()  # finds every app's admin
        from backoffice.admin import accounts
        from backoffice.admin.log import pages as operations
        from backoffice.admin.subjects import access_events, purges

        accounts.register()
        operations.register()
        access_events.register()
        purges.register()
        _hide_machinery()


def _hide_machinery() -> None:
    """The queue of tasks and the keys of signing in: nobody adds or edits these by hand."""
    from django.apps import apps
    from django.contrib.admin import site

    for label in ("django_tasks_database", "account", "mfa", "usersessions", "socialaccount"):
        for model in apps.get_app_config(label).get_models():
            if site.is_registered(model):
                site.unregister(model)
