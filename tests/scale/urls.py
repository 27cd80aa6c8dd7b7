from django.urls import path

from backoffice.urls import urlpatterns as ours
from tests.scale.peer.admin import site

urlpatterns = [*ours, path("peer/", site.urls)]
