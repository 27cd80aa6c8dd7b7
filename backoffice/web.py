"""The web process: `python -m backoffice.web`; what follows is handed to gunicorn.

gunicorn reads WEB_CONCURRENCY while it is imported, before any configuration, and ends in a traceback where that is no
number. So this looks first, and becomes gunicorn's own program: signals, reloads and upgrades are as that has them.
"""

import os
import sys
import sysconfig
from pathlib import Path
from typing import NoReturn

from backoffice import env

PROCESSES = "WEB_CONCURRENCY"


def main() -> NoReturn:
    with env.wrong_settings_in_one_sentence():
        env.number(PROCESSES, 1, minimum=1, maximum=1000)
    if not os.environ.get(PROCESSES, "").strip():
        os.environ.pop(PROCESSES, None)
    gunicorn = Path(sysconfig.get_path("scripts")) / "gunicorn"
    panel = ["backoffice.wsgi", "-c", "deploy/gunicorn.conf.py"]
    os.execv(sys.executable, [sys.executable, str(gunicorn), *panel, *sys.argv[1:]])  # noqa: S606


if __name__ == "__main__":
    main()
