"""The model of the activities tells the truth: the real ones on a real Postgres come to the same books."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from unittest.mock import patch

import pytest

from proof.simulation.activity_model import ModelActivities
from proof.simulation.conformance.database import database_on
from proof.simulation.conformance.run import conform
from proof.simulation.mute_progress import silence
from tools.stack.stack import Stack

SCHEDULES = 100
DISPUTED = 40
"""So many each time anything changes; `make conformance` plays 2,000, with DISPUTES=1 all of disputed orders."""


@pytest.fixture(scope="module")
def template(stack: Stack) -> Iterator[str]:
    """Nobody writes to it: each run plays on a copy."""
    with database_on(stack.description.owner_database_url) as url:
        yield url


@pytest.fixture
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    with silence():
        yield
    logging.disable(logging.NOTSET)


def test_both_books_agree_after_a_hundred_schedules() -> None:
    command = [sys.executable, "-m", "proof.simulation", "conformance", "--schedules", str(SCHEDULES), "--seed", "7000"]

    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    outcome = json.loads(ended.stdout.splitlines()[-1])
    assert ended.returncode == 0, ended.stdout
    assert (outcome["schedules"], outcome["differences"], outcome["seed"]) == (SCHEDULES, 0, 7000)


@pytest.mark.usefixtures("quiet")
def test_both_books_agree_where_payments_are_disputed_and_lost(template: str) -> None:
    conformance = conform(template, DISPUTED, 1, processes=1, disputes=1.0)

    assert [(seed, played.wrongs) for seed, played in conformance.differing] == []


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("seed", [10_255, 10_933])
def test_schedules_of_disputes_that_differed_once_agree(template: str, seed: int) -> None:
    """Shipping alone was lost and won again (15-D14), and the answer to a call for help came twice."""
    conformance = conform(template, 1, seed, processes=1, disputes=1.0)

    assert [played.wrongs for _, played in conformance.differing] == []


@pytest.mark.usefixtures("quiet")
def test_a_model_that_leaves_something_out_is_told_from_the_real_thing(template: str) -> None:
    with patch.object(ModelActivities, "restore_points", lambda *_: None):
        conformance = conform(template, 3, 1, processes=1)

    assert conformance.line(1)["differences"] == len(conformance.differing) > 0
    _, played = conformance.differing[0]
    assert played.wrongs[0].startswith("restore_points: A: done is")
