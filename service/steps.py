"""One shape for all steps: one transaction that locks the refund, claims the step, and does what it does or nothing.

    async with step(self._engine, ref, Step.RESTORE_POINTS) as tx:
        if not tx.is_first:
            return
        …

and its undo, which leaves a tombstone, so that an attempt of the step that arrives late stays away:

    async with undo(self._engine, ref, Step.RESTORE_POINTS) as tx:
        if tx.is_of_another_round or not await tx.mark_undone():
            return
        …
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import customers, journal, refunds, steps, words
from db.codec import to_json
from db.read_models import Refund
from db.steps import FirstTime, Repeat
from domain.audit_actions import AuditAction
from domain.lifecycle import RefundStatus
from domain.said import CONFLICTING_STATE, HOUSE, TOO_LATE, Overruled, Word, WordKind, said_by
from domain.settlement.settlement import Settlement
from domain.steps import Step


class RunIsBehind(Exception):
    """What a run says does not go with the books: a task was lost, and with it what was done or refused in it."""


@dataclass(frozen=True, slots=True)
class RefundRef:
    """Which refund a step is about; `round` counts how often it was opened again (rules 31 and 35)."""

    refund_id: str
    merchant_id: str
    round: int = 1

    def step(self, name: Step, *about: str) -> str:
        """The key of a step in this round."""
        return name.in_round(self.round, *about)

    @property
    def next_round(self) -> "RefundRef":
        return replace(self, round=self.round + 1)

    @property
    def round_before(self) -> "RefundRef":
        return replace(self, round=self.round - 1)


@dataclass(frozen=True, slots=True)
class LateAttempt:
    """The attempt is of a run that does not count: another has the refund, as a rule since this one has ended."""


@dataclass(frozen=True, slots=True)
class RefundTransaction:
    """A transaction that holds the lock of a refund; it ends with the `async with` it comes from.

    `refund` is the refund as it was when it was locked: what is changed here does not show in it. What is changed of it
    is sent with the next note, or at the end.
    """

    connection: AsyncConnection
    ref: RefundRef
    refund: Refund
    _to_set: refunds.Change = field(default_factory=refunds.Change, kw_only=True)

    @property
    def is_of_another_round(self) -> bool:
        """A late attempt: the refund has been opened again since."""
        return bool(self.refund.round != self.ref.round)

    @property
    def settlement(self) -> Settlement:
        """What the refund was settled at. Reading it takes its time."""
        assert self.refund.settlement is not None
        return self.refund.settlement.read()

    async def lock_customer(self, others: Iterable[str] = ()) -> None:
        """Refunds of one customer come in turn from here on (rule 24), those of `others` that they touch as well."""
        for each in sorted({self.refund.customer_id, *others}):
            await customers.lock(self.connection, self.ref.merchant_id, each)

    def move(self, status: RefundStatus) -> None:
        """Move the refund on, and end it where the status is final; a move that is not allowed changes nothing."""
        self._to_set.move(status)

    def change(self, **columns: Any) -> None:
        """Change columns of the refund; a status that may not follow the one it has is left as it is."""
        self._to_set.add(**columns)

    def store_settlement(self, settlement: Settlement) -> None:
        self.change(settlement=to_json(settlement))

    async def note(self, event: AuditAction, sentence: str, detail: dict[str, Any], by: str = HOUSE) -> None:
        """Append to the timeline and to the audit trail."""
        note = journal.Note(event, sentence, by, detail)
        await journal.record(self.connection, self.ref.refund_id, note, change=self._to_set.take())

    async def send(self) -> None:
        """Send what was changed and not noted."""
        if self._to_set:
            await refunds.apply(self.connection, self.ref.refund_id, self._to_set.take())

    async def is_done(self, name: Step) -> bool:
        """Whether another step of this round is done, and not undone."""
        return await steps.is_done(self.connection, self.ref.refund_id, self.ref.step(name))


@dataclass(frozen=True, slots=True)
class StepTransaction(RefundTransaction):
    """One attempt of a step: the first, a repeat, or one of a run that does not count.

    `is_of_another_run` says the last of a word that is noted whichever run counts. `is_from_temporal`: nobody has said
    its word over HTTP.
    """

    key: str
    claimed: FirstTime | Repeat | LateAttempt
    word: Word | None = None
    is_of_another_run: bool = False
    is_from_temporal: bool = False

    def said_by(self, name: str) -> str:
        """Name who said the word; who is not known to us came from Temporal, whoever they say they are (rule 39)."""
        return said_by(name) if self.is_from_temporal else name

    @property
    def is_first(self) -> bool:
        return isinstance(self.claimed, FirstTime)

    @property
    def is_late(self) -> bool:
        return isinstance(self.claimed, LateAttempt)

    @property
    def result(self) -> Any:
        """What the first attempt kept; None where it kept nothing, or where this is no repeat."""
        return self.claimed.result if isinstance(self.claimed, Repeat) else None

    async def keep(self, result: Any) -> None:
        """Keep what the step came to, in plain JSON values, for the attempts that repeat it."""
        await steps.keep_result(self.connection, self.ref.refund_id, self.key, result)

    async def supersede(self, kind: WordKind, heard: tuple[str, ...] = ()) -> None:
        """Words of this kind that the run has not `heard` come to nothing, their tasks were lost: this one stands."""
        but = (*heard, self.word.word_id) if self.word is not None else heard
        too_late = Overruled(CONFLICTING_STATE, TOO_LATE)
        await words.supersede(self.connection, self.ref.refund_id, kind, but, too_late)

    async def unclaim(self) -> None:
        """Do nothing after all, and let a later attempt do it."""
        if self.is_first and self.word is not None:
            await words.forget(self.connection, self.ref.refund_id, self.word.word_id)
        elif self.is_first:
            await steps.unclaim_step(self.connection, self.ref.refund_id, self.key)


@dataclass(frozen=True, slots=True)
class UndoTransaction(RefundTransaction):
    key: str

    async def mark_undone(self) -> bool:
        """Leave the tombstone; tell whether the step had been done and is to be undone now."""
        return await steps.mark_undone(self.connection, self.ref.refund_id, self.key)


@asynccontextmanager
async def step(
    engine: AsyncEngine,
    ref: RefundRef,
    name: Step,
    *,
    said: str | None = None,
    by_run: str | None = None,
    result: Any = None,
) -> AsyncIterator[StepTransaction]:
    """Open the transaction of a step under lock of its refund, and claim it: once a round, or once for what was `said`.

    `by_run` begins with the run that asks: one that does not count does nothing. It claims what it said all the same,
    so that no late attempt of that does something when the run has loaded and counts. Whoever leaves by an exception
    has claimed nothing. Raises AlreadyUndone where the tombstone of the step stands.
    """
    key = ref.step(name) if said is None else name.said(said)
    async with engine.begin() as connection:
        claimed: FirstTime | Repeat | LateAttempt
        if by_run is None:
            refund, claimed = await steps.lock_and_claim(connection, ref.refund_id, key, result)
        else:
            refund = await refunds.get(connection, ref.refund_id, lock=True)
            # Asked only once the lock is there: what this statement would not see is what the one before it waited for.
            is_late = await is_of_an_ended_run(connection, ref.refund_id, by_run)
            is_claimed = said is not None or not is_late
            found = await steps.claim_step(connection, ref.refund_id, key, result) if is_claimed else None
            claimed = LateAttempt() if is_late or found is None else found
        tx = StepTransaction(connection, ref, refund, key, claimed)
        yield tx
        await tx.send()


@dataclass(frozen=True, slots=True)
class Saying:
    """What a run notes: `word` names it, `body` is what was said, in plain JSON values.

    `message_id` begins with the run. What the house says by itself is no word: it is noted once for each message_id.
    `answers` is the step of a call for help: as long as that stands, its answer is noted even of a run that does not
    count, which is one that can't load yet. `key_id` is in whose name it says that it is said.
    """

    message_id: str
    word: Word | None = None
    body: Any = None
    overruled: Overruled | None = None
    answers: str | None = None
    key_id: str = ""


def saying(
    engine: AsyncEngine, ref: RefundRef, name: Step, said: Saying
) -> AbstractAsyncContextManager[StepTransaction]:
    """Open the transaction in which a run notes what was said: each word once, whichever run has heard it.

    Raises RunIsBehind for a word that was refused or overruled meanwhile, for one that the API has acted upon without
    it, and for an id under which something else was said: a run that can't load, or has lost a task, does not know
    that. So it does for a word that names a key and was not said over HTTP: somebody at Temporal made it up. The run
    that knows it ends, and the next has never heard of it.
    """
    if said.word is None:
        return step(engine, ref, name, said=said.message_id, by_run=said.message_id)
    return _word(engine, ref, said, said.word)


@asynccontextmanager
async def _word(engine: AsyncEngine, ref: RefundRef, said: Saying, word: Word) -> AsyncIterator[StepTransaction]:
    claimed: FirstTime | Repeat | LateAttempt
    is_from_temporal = False
    async with engine.begin() as connection:
        refund = await refunds.get(connection, ref.refund_id, lock=True)
        is_of_another = await is_of_an_ended_run(connection, ref.refund_id, said.message_id)
        if is_of_another and not (said.answers and await steps.is_done(connection, ref.refund_id, said.answers)):
            claimed = LateAttempt()
        else:
            begun = min(ref.round, refund.round)  # a round whose units nobody has claimed has not begun
            new = await words.take(connection, ref.refund_id, begun, word, said.body, overruled=said.overruled)
            if new is None and not await words.stands(connection, ref.refund_id, word, said.overruled):
                raise RunIsBehind(
                    f"{word.kind} {word.word_id!r} was refused meanwhile, or overruled, acted upon without this run, "
                    "or is something else by now"
                )
            is_from_temporal = new is not None and not new.was_said_over_http
            if is_from_temporal and said.key_id:
                raise RunIsBehind(f"{word.word_id} was not said with an API key")
            claimed = Repeat(None) if new is None else FirstTime()
        tx = StepTransaction(connection, ref, refund, word.word_id, claimed, word, is_of_another, is_from_temporal)
        yield tx
        await tx.send()


@asynccontextmanager
async def locked(engine: AsyncEngine, ref: RefundRef) -> AsyncIterator[RefundTransaction]:
    """Open a transaction under lock of a refund, which claims nothing."""
    async with engine.begin() as connection:
        tx = RefundTransaction(connection, ref, await refunds.get(connection, ref.refund_id, lock=True))
        yield tx
        await tx.send()


@asynccontextmanager
async def undo(engine: AsyncEngine, ref: RefundRef, name: Step) -> AsyncIterator[UndoTransaction]:
    """Open the transaction of the undo of a step under lock of its refund; `mark_undone` leaves the tombstone."""
    async with engine.begin() as connection:
        refund = await refunds.get(connection, ref.refund_id, lock=True)
        tx = UndoTransaction(connection, ref, refund, ref.step(name))
        yield tx
        await tx.send()


async def is_overtaken(connection: AsyncConnection, refund_id: str, kind: Step, sent_at: datetime) -> bool:
    """Whether something of this kind that was said later stands already: a late attempt must not replace it.

    It is of a task that was lost: nobody was answered, and the same run has heard something else since then.
    """
    return not await steps.keep_latest(connection, refund_id, kind, sent_at, {})


async def is_of_an_ended_run(connection: AsyncConnection, refund_id: str, message_id: str) -> bool:
    """Whether an attempt is so late that another run has taken the refund over: it must not interfere any more.

    `message_id` is the run, or begins with it.
    """
    counts = await run_that_counts(connection, refund_id)
    return counts is not None and not message_id.startswith(counts)


async def has_loaded(connection: AsyncConnection, refund_id: str, run: str) -> bool:
    """Whether this is the run that loaded last; runs of earlier versions are known, but did not load."""
    counts = await steps.result_of(connection, refund_id, Step.RUN)
    return bool(counts and counts["run"] == run and counts.get("is_loaded"))


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that has begun, and when: two of them are told apart by it, as only one can go on."""

    run: str
    since: datetime


async def note_begun(connection: AsyncConnection, refund_id: str, begun: Begun) -> None:
    """Note that a run has begun that can't load yet: what an ended one does late must not void what it asks."""
    await steps.keep_latest(connection, refund_id, Step.BEGUN, begun.since, {"run": begun.run})


async def another_has_begun(connection: AsyncConnection, refund_id: str, begun: Begun) -> bool:
    """Whether a later run asks people already, since it can't load: this one has ended."""
    latest = await steps.result_of(connection, refund_id, Step.BEGUN)
    return bool(latest and latest["run"] != begun.run and begun.since < datetime.fromisoformat(latest["since"]))


async def run_that_counts(connection: AsyncConnection, refund_id: str) -> str | None:
    """The run that loaded last; None where none has loaded yet."""
    counts = await steps.result_of(connection, refund_id, Step.RUN)
    return None if counts is None else counts["run"]
