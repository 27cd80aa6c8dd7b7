"""A page is not told that a file it asked for has begun: busy.js sets a cookie, and the file takes it away."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from backoffice.security.cookies import own

COOKIE = own("file")


class FileBegunMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_file = response.headers.get("Content-Disposition", "").startswith("attachment")
        if is_file and COOKIE in request.COOKIES:
            response.delete_cookie(COOKIE, samesite="Strict")
        return response
