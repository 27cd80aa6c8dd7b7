"""Addresses of rows' forms, with the pattern looked up once for a page of rows."""

from typing import Any

from django.contrib.admin.utils import quote
from django.urls import reverse

KEY = "9876543210"  # stands for a key in the pattern


class FormAddress:
    """`address(key)` is what reverse() says; raises NoReverseMatch where the model has no form."""

    def __init__(self, opts: Any, site_name: str) -> None:
        self.name, self.site_name = f"admin:{opts.app_label}_{opts.model_name}_change", site_name
        self.around: list[str] = []

    def __call__(self, key: Any) -> str:
        if type(key) is not int or key < 0:  # another key may have to be quoted
            return self._reversed(quote(key))
        self.around = self.around or self._reversed(KEY).rsplit(KEY, 1)
        return str(key).join(self.around)

    def _reversed(self, key: Any) -> str:
        return reverse(self.name, args=(key,), current_app=self.site_name)
