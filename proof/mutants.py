"""`make mutants`: changes the rules in thousands of small ways; a test must notice each. The last line is JSON.

What mypy refuses already is counted apart. A mutant that lives is argued for, by its name, in docs/mutants.md. Where
modules are named, no other is changed, which spares the types of all others; where tests are named, no others run.
"""

import argparse
import fnmatch
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

TOP = Path(__file__).parents[1]
MUTANTS = TOP / "mutants"
ARGUED = TOP / "docs" / "mutants.md"
LEAST_SCORE = 95.0

_NOTICED = ("killed", "timeout", "segfault", "suspicious")

# mutmut reads what to change and which tests to run from pyproject.toml alone: here it is told more before it begins
_BEGIN = """
import json, sys
from mutmut.__main__ import cli
from mutmut.configuration import config
told = json.loads(sys.argv.pop(1))
config().only_mutate = told["files"]
config().pytest_add_cli_args_test_selection = told["tests"] or config().pytest_add_cli_args_test_selection
cli()
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "modules", nargs="*", help="only these modules of the domain, for example points or payout.owed; else all"
    )
    parser.add_argument("--tests", nargs="+", default=[], help="only these tests, for example tests/domain/payout")
    parser.add_argument("--names", nargs="+", default=[], help="only mutants of these names, * for any letters")
    asked = parser.parse_args()
    os.nice(10)
    files = [str(path.relative_to(TOP)) for module in asked.modules for path in _files_of(module)]
    told = json.dumps({"files": files, "tests": asked.tests})
    _begin_anew_for(files)
    _mutmut(told, "run", "--max-children", "1", *asked.names)
    found = {
        name: status
        for name, status in _results(told).items()
        if not asked.names or any(fnmatch.fnmatch(name, pattern) for pattern in asked.names)
    }
    counted = Counter(found.values())
    lives = sorted(name for name, status in found.items() if status in ("survived", "no tests"))
    killed = sum(counted[status] for status in _NOTICED)
    score = round(100 * killed / max(killed + len(lives), 1), 1)
    argued = ARGUED.read_text(encoding="utf-8")
    unargued = [name for name in lives if f"`{name}`" not in argued]
    result = {
        "mutants": killed + len(lives),
        "killed": killed,
        "survived": len(lives),
        "score": score,
        "refused_by_types": counted["caught by type check"],
        "not_checked": counted["not checked"],
        "unargued": unargued,
    }
    print(json.dumps(result))
    return 0 if score >= LEAST_SCORE and not unargued and not counted["not checked"] else 1


def _files_of(module: str) -> list[Path]:
    """Return where a module of the domain is, named with its package or without.

    Raises:
        SystemExit: there is no such module.
    """
    path = module.replace(".", "/")
    found = sorted((TOP / "domain").glob(f"{path}.py")) + sorted((TOP / "domain").glob(f"*/{path}.py"))
    if not found:
        raise SystemExit(f"no module {module} in domain/")
    return found


def _begin_anew_for(files: list[str]) -> None:
    """Forget the mutants of other modules: what was only copied would be taken for changed already."""
    changed = {str(path.relative_to(MUTANTS)).removesuffix(".meta") for path in MUTANTS.glob("domain/**/*.meta")}
    wanted = set(files) or {str(path.relative_to(TOP)) for path in TOP.glob("domain/**/*.py")}
    if changed and changed != wanted:
        shutil.rmtree(MUTANTS)


def _results(told: str) -> dict[str, str]:
    """Return what became of every mutant, by its name."""
    lines = _mutmut(told, "results", "--all", "true", is_read=True).splitlines()
    named = (line.strip().partition(": ") for line in lines if ": " in line)
    return {name: status for name, _, status in named}


def _mutmut(told: str, *arguments: str, is_read: bool = False) -> str:
    """Run the tool with few examples a property, and with the type checker of this environment."""
    bin_directory = Path(sys.executable).parent
    environment = os.environ | {
        "HYPOTHESIS_PROFILE": "mutants",
        "PATH": f"{bin_directory}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", _BEGIN, told, *arguments],
        cwd=TOP,
        env=environment,
        stdout=subprocess.PIPE if is_read else None,
        text=True,
        check=True,
    )
    return done.stdout or ""


if __name__ == "__main__":
    sys.exit(main())
