"""`make licences`: writes docs/licences.md, which says under what licence each package is that is installed."""

import argparse
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

TOP = Path(__file__).parents[1]
LICENCES = TOP / "docs" / "licences.md"

_PERMISSIVE = {"Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MIT-0", "MIT-CMU", "PSF-2.0"}
TAKEN = _PERMISSIVE | {"LGPL-3.0", "LGPL-3.0-only", "MPL-2.0"}
"""Who adds a package under another one reads that licence first, then adds it here."""

_SAID_OTHERWISE = {
    "3-Clause BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD",
    "License :: OSI Approved :: MIT License": "MIT",
}

_HEAD = """# Licences

What makewhole installs, and under which licences, as the packages say themselves. Written by `make licences`;
`make test` fails where it is out of date, or where a package has a licence that nobody has looked at. makewhole itself
is under Apache-2.0 and changes none of them. psycopg and karrio are under the LGPL: they are used as libraries, as they
come, and can be exchanged. `make sbom` lists what the image holds as CycloneDX, with hashes, for programs.

Not in the list are the programs that others wrote and that `make demo` and the tests start beside makewhole, each in a
process of its own: aiosmtpd (Apache-2.0), localstripe (GPL-3.0-or-later) and those of requirements/parties.
"""


class NotSaid(Exception):
    """A package says no licence that is known here; the message names it."""


def main(arguments: list[str]) -> int:
    argparse.ArgumentParser(prog="tools licences", description=__doc__).parse_args(arguments)
    LICENCES.write_text(licences(TOP), encoding="utf-8")
    print(f"{LICENCES.relative_to(TOP)}: {len(_locked(TOP / 'requirements' / 'run.lock'))} packages")
    return 0


def licences(top: Path) -> str:
    """Return the list as Markdown; raises NotSaid, and PackageNotFoundError for what is locked and not installed."""
    image, all_of_it = (_locked(top / "requirements" / f"{name}.lock") for name in ("serve", "run"))
    more = {name: version for name, version in all_of_it.items() if name not in image}
    parts = [("In the image", image), ("Installed by `make up`, `make demo` and `make test` as well", more)]
    return _HEAD + "".join(f"\n## {title}\n{_table(packages)}" for title, packages in parts)


def licence_of(said: Mapping[str, str | list[str]]) -> str:
    """Read the licence in a package's metadata (as JSON), an SPDX expression; raises NotSaid."""
    terms = [str(said.get(name, "")) for name in ("license_expression", "license")]
    classifiers = [each for each in said.get("classifier", []) if each.startswith("License ::")]
    named = " OR ".join(sorted({_SAID_OTHERWISE.get(each, each) for each in classifiers}))
    for each in (*(_SAID_OTHERWISE.get(term, term) for term in terms), named):
        if each and not set(re.split(r" (?:OR|AND|WITH) ", each)) - TAKEN:
            return each
    raise NotSaid(f"{said['name']} says {[*filter(None, terms), *classifiers]}: is that a licence we may take?")


def _table(packages: dict[str, str]) -> str:
    rows = (f"| {name} | {version} | {licence} |\n" for name, version, licence in _judged(packages))
    return "| package | version | licence |\n|---|---|---|\n" + "".join(rows)


def _judged(packages: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for name, version in packages.items():
        try:
            yield name, version, licence_of(metadata(name).json)
        except PackageNotFoundError as lacking:
            raise NotSaid(f"{name} is locked and not installed: `make test` installs it") from lacking


def _locked(lock: Path) -> dict[str, str]:
    """Read names and versions; what is for another system than Linux is left out."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)(.*)$", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: version for name, version, where in found if "win32" not in where}
