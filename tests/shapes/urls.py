"""The product's addresses, made anew with those of the pages here."""

from django.contrib.admin import site
from django.urls import path

from backoffice import urls

handler403, handler500 = urls.handler403, urls.handler500
urlpatterns = [path("admin/", site.urls), *urls.urlpatterns]
