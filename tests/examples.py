"""Hypothesis tries the same examples on every run; with HYPOTHESIS_PROFILE=thorough new ones, and more of them.

`mutants` is for the mutation tests, which run everything some thousand times: few examples, and no failure is shrunk.
"""

import os

from hypothesis import Phase, settings


def choose_profile() -> None:
    """Do this before tests are imported: each property takes what counts by then. None has to be quick."""
    settings.register_profile("ci", max_examples=100, derandomize=True, deadline=None, database=None)
    settings.register_profile("thorough", max_examples=5_000, deadline=None)
    phases = [Phase.explicit, Phase.generate]
    settings.register_profile("mutants", max_examples=20, derandomize=True, deadline=None, database=None, phases=phases)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
