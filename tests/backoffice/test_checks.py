from backoffice import checks


def test_our_settings_pass(settings):
    assert checks.probes_come_first(None) == []
    assert checks.hosts_are_named(None) == []


def test_probes_behind_another_middleware_are_an_error(settings):
    settings.MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", *settings.MIDDLEWARE]
    (message,) = checks.probes_come_first(None)
    assert (message.id, message.hint) == (
        "backoffice.E001",
        "Put backoffice.health.HealthMiddleware first in MIDDLEWARE.",
    )


def test_any_host_is_a_warning(settings):
    settings.ALLOWED_HOSTS = ["*"]
    (message,) = checks.hosts_are_named(None)
    assert message.id == "backoffice.W001"


def test_a_password_alone_is_a_warning(settings):
    settings.REQUIRE_SECOND_FACTOR = "off"
    (message,) = checks.a_second_factor_is_asked_for(None)
    assert message.id == "backoffice.W002"
    settings.REQUIRE_SECOND_FACTOR = "on"
    assert checks.a_second_factor_is_asked_for(None) == []
