#!/usr/bin/env python3
"""Make a virtual environment from a hashed lock: `environment.py FOLDER LOCK...`, with nothing but Python and pip.

Works where `python3 -m venv` has no ensurepip (Debian without python3-venv) and where pip may not install for the
whole system (PEP 668): pip is run from outside, on the new environment. `--minimum 3.12` asks for a newer Python
than the one that runs this; `--find 3.12` only prints the one that would be used and fails where there is none.
"""

import glob
import hashlib
import os
import subprocess
import sys

MINIMUM = (3, 11)
NEWEST = 20  # Python 3.20: names are tried from the newest down
PIPS = (("{python}", "-m", "pip"), ("pip3",), ("pip",))
PIP_SETTINGS = {  # what a machine's own configuration may say that is of no use in a new environment
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_ROOT_USER_ACTION": "ignore",
    "PIP_REQUIRE_VIRTUALENV": "",
    "PIP_USER": "",
}


def main(arguments):
    minimum = MINIMUM
    if arguments[:1] in (["--minimum"], ["--find"]):
        minimum = tuple(int(part) for part in arguments[1].split("."))
    python = find_python(minimum)
    if arguments[:1] == ["--find"]:
        print(python or "")
        return 0 if python else 1
    if python is None:
        wanted = ".".join(str(part) for part in minimum)
        return fail(f"Python {wanted} or newer is needed and none was found. Install it and run this again.")
    rest = arguments[2:] if arguments[:1] == ["--minimum"] else arguments
    return make(python, rest[0], rest[1:])


def make(python, folder, locks):
    """Bring the environment in `folder` to what `locks` say, later ones on top; nothing is done when it is there."""
    stamp = os.path.join(folder, ".installed-" + os.path.basename(locks[0]))
    state = fingerprint(python, locks)
    if read(stamp).startswith(state):
        return 0
    parent = folder if os.path.isdir(folder) else os.path.dirname(os.path.abspath(folder))
    if not os.access(parent, os.W_OK):
        return fail(f"{folder} has to be made or brought up to date, and you may not write to {parent}.")
    print("Installing {} into {} …".format(", ".join(locks), folder), flush=True)
    if not os.path.exists(executable(folder)) and call([python, "-m", "venv", "--without-pip", folder]):
        return fail(f"{python} cannot make a virtual environment in {folder}; its message is above.")
    pip = find_pip(python, executable(folder))
    if pip is None:
        return fail(
            "No pip that is 22.3 or newer was found. Install it (Debian: apt-get install python3-pip)."
        )
    for lock in locks:
        # Python compiles what it imports when it does: a tenth of what is here.
        if call([*pip, "install", "--quiet", "--no-compile", "--require-hashes", "-r", lock]):
            return fail(f"{lock} could not be installed into {folder}; pip's message is above.")
    with open(stamp, "w") as file:
        file.write(state + "\n")
    return 0


def fingerprint(python, locks):
    """What an environment is made of: changes when a lock or the Python behind it does."""
    digest = hashlib.sha256(os.path.realpath(python).encode())
    for lock in locks:
        with open(lock, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def find_python(minimum):
    """A Python that is new enough: the one that runs this, else the newest that PATH or pyenv really has."""
    if sys.version_info >= minimum:
        return sys.executable
    folders = os.environ.get("PATH", "").split(os.pathsep)
    names = [f"python3.{minor}" for minor in range(NEWEST, minimum[1] - 1, -1)] + ["python3"]
    candidates = [os.path.join(folder, name) for name in names for folder in folders]
    home = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    candidates += sorted(
        glob.glob(os.path.join(glob.escape(home), "versions", "*", "bin", "python3")), reverse=True
    )
    return next((path for path in candidates if runs(path, minimum)), None)


def runs(path, minimum):
    """Whether this really is such a Python: a shim of pyenv has the name and refuses to run."""
    code = f"import sys, venv; sys.exit(sys.version_info < {tuple(minimum)!r})"
    return os.access(path, os.X_OK) and not call([path, "-c", code], quiet=True)


def find_pip(python, target):
    """The command line of a pip that works on `target`; the environment's own where ensurepip can make one."""
    for words in PIPS:
        pip = [word.format(python=python) for word in words] + ["--python", target]
        if not call([*pip, "--version"], quiet=True):
            return pip
    if not call([target, "-m", "ensurepip", "--default-pip"], quiet=True):
        return [target, "-m", "pip"]
    return None


def call(command, quiet=False):
    output = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.call(command, stdout=output, stderr=output, env=dict(os.environ, **PIP_SETTINGS))
    except OSError:
        return 127


def executable(folder):
    return os.path.join(folder, "bin", "python")


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def fail(sentence):
    sys.stderr.write(sentence + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
