"""`make properties`: the properties of the rules, tried on many generated cases; the last line is JSON.

Every Hypothesis test of `tests/domain` gets the same share of the cases. The same seed tries the same cases.
"""

import argparse
import json
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings

Property = Callable[[], None]

TOP = Path(__file__).parents[1]


class Counter:
    """Counts how often the inside of a property was run."""

    def __init__(self) -> None:
        self.cases = 0

    def around(self, test: Callable[..., None]) -> Callable[..., None]:
        def counted(*args: Any, **kwargs: Any) -> None:
            self.cases += 1
            test(*args, **kwargs)

        return counted


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=None)
    wanted = parser.parse_args()
    chosen = random.SystemRandom().randrange(2**32) if wanted.seed is None else wanted.seed
    started, counter, failed = time.monotonic(), Counter(), []
    properties = list(all_properties())
    for place, (name, test) in enumerate(properties):
        share = -(-(wanted.cases - counter.cases) // (len(properties) - place))
        if not holds(test, cases=share, chosen_seed=chosen, counter=counter):
            failed.append(name)
        print(f"{counter.cases:>9,} cases  {time.monotonic() - started:>6.0f} s  {name}", flush=True)
    result = {
        "cases": counter.cases,
        "seed": chosen,
        "failures": len(failed),
        "failed": failed,
        "properties": len(properties),
        "seconds": round(time.monotonic() - started, 1),
        "cpu_seconds": round(time.process_time(), 1),
    }
    print(json.dumps(result))
    return 1 if failed or counter.cases < wanted.cases else 0


def all_properties() -> Iterator[tuple[str, Any]]:
    """Every Hypothesis test of the rules, by name."""
    for path in sorted((TOP / "tests" / "domain").rglob("test_*.py")):
        module = import_module(".".join(path.relative_to(TOP).with_suffix("").parts))
        for name, test in vars(module).items():
            if name.startswith("test_") and hasattr(test, "hypothesis"):
                yield name, test


def holds(test: Any, *, cases: int, chosen_seed: int, counter: Counter) -> bool:
    """Try one property; a failure is shrunk, told and counted, and the others go on."""
    test.hypothesis.inner_test = counter.around(test.hypothesis.inner_test)
    phases = (Phase.explicit, Phase.generate, Phase.shrink)
    thorough = settings(
        max_examples=cases,
        deadline=None,
        database=None,
        derandomize=False,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    try:
        seed(chosen_seed)(thorough(test))()
    except Exception:
        traceback.print_exc()
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
