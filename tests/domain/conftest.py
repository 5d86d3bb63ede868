"""Hypothesis tries the same examples on every run; with HYPOTHESIS_PROFILE=thorough new ones, and more of them."""

import os

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("tests.domain.checks")

settings.register_profile("ci", max_examples=100, derandomize=True, deadline=None, database=None)
settings.register_profile("thorough", max_examples=5_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
