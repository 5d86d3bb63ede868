"""The simulator's quick machine does what the SDK's own loop does, command by command."""

import logging
from collections.abc import Callable, Iterator
from contextvars import copy_context
from unittest.mock import patch

import pytest

from proof.simulation import runs
from proof.simulation.choices import Choices
from proof.simulation.direct_calls import direct_calls
from proof.simulation.machine import new_machine
from proof.simulation.moves import Command, Turn
from proof.simulation.schedule import Played, play
from proof.simulation.stand_ins import AtOnce
from tests.proof.simulation.sdk_machine import new_sdk_machine

SCHEDULES = 500


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def played(seed: int, new: Callable[..., object]) -> tuple[Played, list[str]]:
    """Play a schedule with such machines; returns what each of their tasks made as well."""
    tasks: list[str] = []

    def make(class_: type, run_id: str, at_once: AtOnce | None = None) -> object:
        machine = new(class_, run_id, at_once)
        run: Callable[..., list[Command]] = machine.turn  # type: ignore[attr-defined]

        def turn(turn: Turn, *, is_replay: bool = False) -> list[Command]:
            made = run(turn, is_replay=is_replay)
            tasks.append(f"{turn.at} {made}")
            return made

        machine.turn = turn  # type: ignore[attr-defined]
        return machine

    with patch.object(runs, "new_machine", make):
        return play(Choices(seed)), tasks


def quickly(seed: int) -> tuple[Played, list[str]]:
    """Play apart: the quick machine has no contexts, so that the update which it hears stays known after it."""
    with direct_calls():
        return copy_context().run(played, seed, new_machine)


def test_both_machines_play_the_same() -> None:
    for seed in range(5_000_000, 5_000_000 + SCHEDULES):
        assert quickly(seed) == played(seed, new_sdk_machine), seed
