"""What a checkpoint says is what is signed (rule 39)."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.audit.checkpoints import CONTEXT, Checkpoint, Replaced, SignedCheckpoint

AT = datetime(2026, 11, 29, 8, tzinfo=UTC)
SAID = Checkpoint("acme", 3, "aa", "bb", AT, "k1")


def test_the_line_that_is_exported_holds_the_letters_that_were_signed() -> None:
    line = json.loads(SignedCheckpoint(SAID, "c2ln", "cHVi").line)

    assert line.pop("signature") == "c2ln"
    assert CONTEXT + json.dumps(line, sort_keys=True).encode() == SAID.signed


@pytest.mark.parametrize(
    "another",
    [
        replace(SAID, merchant_id="acmé"),
        replace(SAID, entries=4),
        replace(SAID, at=AT + timedelta(seconds=1)),
        replace(SAID, replaces=Replaced(5, "cc", 2)),
    ],
)
def test_another_word_is_other_bytes(another: Checkpoint) -> None:
    assert another.signed != SAID.signed


def test_a_moment_is_the_same_in_every_zone() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=8)))

    assert replace(SAID, at=elsewhere).signed == SAID.signed
