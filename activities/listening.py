"""Listening again: what was said to a refund, stands in the database, and is in no history."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio import activity

from db import refunds, words
from domain.lifecycle import RefundStatus
from domain.said import CONFLICTING_STATE, TOO_LATE, Overruled, Word
from service.steps import RefundRef, is_of_an_ended_run


@dataclass(frozen=True, slots=True)
class Listen:
    """What a run knows: how many words it was loaded with, and the ids of those that it has heard itself.

    It has `taken_up` some of them, and found of others that they come to nothing. `asks` says that it waits for people,
    `status` where it takes its refund to be.
    """

    refund: RefundRef
    run: str
    loaded: int
    heard: tuple[str, ...]
    taken_up: tuple[str, ...]
    overruled: tuple[str, ...]
    asks: bool
    status: RefundStatus


@dataclass(frozen=True, slots=True)
class Unheard:
    """A word that no history knows; `body` is what was said, in plain JSON values."""

    word: Word
    body: Any


@dataclass(frozen=True, slots=True)
class Heard:
    """What a run does not know. `is_behind`: more than it could be told here, so that another run is to begin.

    `is_shown` says that the call for help it waits for an answer to is shown to people.
    """

    words: tuple[Unheard, ...]
    is_behind: bool
    is_shown: bool


class Listening:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    # No undo: it tells what was said, and notes who knows it.
    @activity.defn
    async def listen(self, command: Listen) -> Heard:
        """Tell a run what it does not know, and clear a call for help that no run waits for an answer to."""
        refund_id = command.refund.refund_id
        async with self._engine.begin() as connection:
            refund = await refunds.get(connection, refund_id, lock=True)
            if await is_of_an_ended_run(connection, refund_id, command.run):
                return Heard((), is_behind=True, is_shown=True)
            said = await words.of_refund(connection, refund_id)
            await _note(connection, command)
            is_asking = refund.needs_attention is not None
            if is_asking and not command.asks:
                await refunds.change(connection, refund_id, needs_attention=None, status=command.status)
        unknown = [each for each in said if each.word.word_id not in command.heard]
        waiting = [each for each in unknown if not each.is_taken_up and each.word.word_id not in command.overruled]
        is_behind = len(unknown) > command.loaded + len(command.overruled) + len(waiting)
        unheard = (Unheard(each.word, each.body) for each in waiting)
        return Heard(tuple(unheard), is_behind, is_shown=is_asking)


async def _note(connection: AsyncConnection, command: Listen) -> None:
    if command.taken_up:
        await words.note_taken_up(connection, command.refund.refund_id, command.taken_up)
    if command.overruled:
        overruled = Overruled(CONFLICTING_STATE, TOO_LATE)
        await words.note_overruled(connection, command.refund.refund_id, overruled, word_ids=command.overruled)
