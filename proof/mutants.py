"""`make mutants`: changes the rules in thousands of small ways; a test must notice each. The last line is JSON.

What mypy refuses already is counted apart. A mutant that lives is argued for, by its name, in docs/mutants.md.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

TOP = Path(__file__).parents[1]
ARGUED = TOP / "docs" / "mutants.md"
LEAST_SCORE = 95.0

_NOTICED = ("killed", "timeout", "segfault", "suspicious")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="only these modules of the domain, for example points; else all")
    modules = parser.parse_args().modules
    os.nice(10)
    _mutmut(
        "run",
        "--max-children",
        "1",
        *(name for module in modules for name in (f"domain.{module}.*", f"domain.*.{module}.*")),
    )
    found = {
        name: status for name, status in _results().items() if not modules or set(name.split(".")[1:3]) & set(modules)
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


def _results() -> dict[str, str]:
    """Return what became of every mutant, by its name."""
    lines = _mutmut("results", "--all", "true", is_read=True).splitlines()
    named = (line.strip().partition(": ") for line in lines if ": " in line)
    return {name: status for name, _, status in named}


def _mutmut(*arguments: str, is_read: bool = False) -> str:
    """Run the tool with few examples a property, and with the type checker of this environment."""
    bin_directory = Path(sys.executable).parent
    environment = os.environ | {
        "HYPOTHESIS_PROFILE": "mutants",
        "PATH": f"{bin_directory}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        [bin_directory / "mutmut", *arguments],
        cwd=TOP,
        env=environment,
        stdout=subprocess.PIPE if is_read else None,
        text=True,
        check=True,
    )
    return done.stdout or ""


if __name__ == "__main__":
    sys.exit(main())
