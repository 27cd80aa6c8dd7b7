"""Lighthouse on a telephone's network and processor against a production start: `make lighthouse` (needs npx).

Prints a line for each page; fails below 95 for accessibility or 90 for performance. Without npx it says so and fails.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.deploy.browser import Browser
from tests.deploy.server import manage, production, serving

LIGHTHOUSE = "lighthouse@12.8.2"
LEAST = {"accessibility": 95, "performance": 90}
LOGIN = {"username": "lighthouse", "password": "a long enough password for a lighthouse"}
PAGES = {
    "login": "/account/login/",
    "first page": "/admin/",
    "list": "/admin/organization/employee/",
    "form": "/admin/organization/department/1/change/",
    "delete": "/admin/organization/department/1/delete/",
}


def main() -> int:
    if not shutil.which("npx"):
        print("Lighthouse needs npx (Node 20 or newer); there is none on this machine.")
        return 1
    with tempfile.TemporaryDirectory(prefix="lighthouse-") as name:
        folder = Path(name)
        account = {f"DJANGO_SUPERUSER_{key.upper()}": value for key, value in LOGIN.items()}
        environment = production(folder, HTTPS="off", REQUIRE_SECOND_FACTOR="off", **account)
        for command in (["migrate", "--noinput"], ["collectstatic", "--noinput"], ["demo"]):
            result = manage(*command, env=environment)
            if result.returncode:
                raise SystemExit(f"manage.py {' '.join(command)} failed:\n{result.stderr}")
        with serving(environment, folder / "log") as address:
            return look(address, folder)


def look(address: str, folder: Path) -> int:
    browser = Browser(address.removeprefix("http://"))
    browser.sign_in(**LOGIN)
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    low = False
    print("| page | accessibility | performance |\n| --- | --- | --- |")
    for page, path in PAGES.items():
        headers = {} if page == "login" else {"Cookie": cookies}
        found = measured(address + path, headers, folder / "report.json")
        print(f"| {page} | {found['accessibility']} | {found['performance']} |", flush=True)
        low = low or any(found[name] < least for name, least in LEAST.items())
    return 1 if low else 0


def measured(url: str, headers: dict[str, str], report: Path) -> dict[str, int]:
    command = [
        *("npx", "--yes", LIGHTHOUSE, url, "--quiet", "--output=json", f"--output-path={report}"),
        *(f"--only-categories={','.join(LEAST)}", f"--extra-headers={json.dumps(headers)}"),
        "--chrome-flags=--headless=new --no-sandbox",
    ]
    for _attempt in range(3):  # a busy machine may miss the beginning of a page
        result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if not result.returncode:
            break
    else:
        raise SystemExit(f"Lighthouse failed on {url}:\n{result.stderr[-2000:]}")
    told = json.loads(report.read_text(encoding="utf-8"))
    if told["finalDisplayedUrl"] != url:
        raise SystemExit(f"{url} leads to {told['finalDisplayedUrl']}: that is another page.")
    return {name: round(100 * told["categories"][name]["score"]) for name in LEAST}


if __name__ == "__main__":
    sys.exit(main())
