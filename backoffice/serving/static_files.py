"""Static files as they are served: without the versions that the licence banners of other people's files tell.

The banners stay, as their licences want it: names, copyright and terms. Files are collected with this storage, so that
nothing is done when one is served.
"""

import re
from typing import Any

from django.core.files.base import ContentFile, File
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

TEXTS = (".css", ".js")
_BANNER = re.compile(rb"/\*[!*].*?\*/", re.DOTALL)
_VERSION = re.compile(rb"[ @]v?\d+(?:\.\d+)+(?:-[a-z]+[.\d]*)?(?![\w.])")


class UnversionedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    def _save(self, name: str, content: File) -> Any:
        if name.endswith(TEXTS):
            content.seek(0)  # it was read already, for the hash in its name
            content = ContentFile(unversioned(content.read()))
        return super()._save(name, content)


def unversioned(text: bytes) -> bytes:
    return _BANNER.sub(lambda banner: _VERSION.sub(b"", banner.group()), text)
