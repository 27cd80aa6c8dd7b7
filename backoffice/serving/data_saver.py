"""Whether somebody pays for each byte: shell.js says in a cookie what the browser says of it, from the next page on."""

from django.http import HttpRequest

from backoffice.security.cookies import own

COOKIE = own("saves-data")


def saves_data(request: HttpRequest) -> bool:
    return COOKIE in request.COOKIES
