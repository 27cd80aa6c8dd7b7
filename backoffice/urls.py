from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from backoffice.security.csp import REPORTS
from backoffice.security.violations import violations_view

handler403 = "backoffice.admin.forbidden.forbidden"
handler500 = "backoffice.serving.busy.server_error"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("account/language/", set_language, name="set_language"),
    path(REPORTS, violations_view, name="policy_violations"),
    path("account/", include("backoffice.access.urls")),
    path("admin/", admin.site.urls),
]
