"""Whose rows a transaction sees: one merchant's, everyone's where that is said by name, or nobody's.

    with of_merchant(merchant_id):
        async with engine.begin() as connection:
            …

PostgreSQL holds it by row-level security: a policy of each table compares its rows with `makewhole.merchant`, which
the message that begins a transaction sets for that transaction alone. Where nobody said anything, no row of any
merchant is seen, and none can be added. What is said holds for transactions that begin afterwards.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any

import psycopg
from psycopg import errors, generators, pq
from psycopg.abc import PQGen
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

SETTING = "makewhole.merchant"
"""By this name policies know whose rows a transaction sees."""

EVERYONES = "*"
"""No id of a merchant is this one: `of_merchant` refuses it, and so nobody is it by accident."""

_NOBODYS = ""

_THEIR_TIME = b"; SELECT set_config('makewhole.ahead_us', ahead_us::text, true) FROM test_clocks WHERE merchant_id = %b"
"""Where merchants have test clocks, `merchant_ahead()` goes by what this says (`db/merchant_time.py`)."""

_said: ContextVar[str | None] = ContextVar("whose", default=None)


class Everyones(StrEnum):
    """What rightly sees the rows of all merchants, and why. A test holds where each of them is said."""

    CALLERS = "whose a key or a session is"
    PROOFS = "whose a code or a passkey is: who sends one has no key yet"
    LABELS = "whose label has an address that nobody can guess"
    SIGN_INS = "whose staff sign in at an address"
    WEBHOOKS = "whose account, payment, parcel or dispute a webhook is about"
    METRICS = "figures of all that name nobody"
    BACKLOG = "how many refunds wait to begin, whosever they are: merchants take turns"
    KEEPERS = "what is due is looked for by workers beside their tasks, whosever it is"
    SETTLEMENT_REPORTS = "whose reports are waiting, or are to be fetched"
    SEALED = "what is personal and lies in clear, or under an older key, is sealed"
    RESTORED = "what is said of the whole database is in the trail of each merchant"
    ERASED_AGAIN = "what a restored copy has brought back is erased before anybody reads it"


class NobodySaid(Exception):
    """A program begins a transaction, and nobody said whose rows it is to see."""


@contextmanager
def of_merchant(merchant_id: str) -> Iterator[None]:
    """Transactions that begin within it see rows of one merchant alone. Raises ValueError for what no merchant is."""
    token = _said.set(_a_merchant(merchant_id))
    try:
        yield
    finally:
        _said.reset(token)


@contextmanager
def of_everyone(why: Everyones) -> Iterator[None]:
    """Transactions that begin within it see all rows, for a reason that has a name."""
    assert why in Everyones
    token = _said.set(EVERYONES)
    try:
        yield
    finally:
        _said.reset(token)


@contextmanager
def of_nobody() -> Iterator[None]:
    """Transactions that begin within it see no merchant's row: what they are about belongs to none."""
    token = _said.set(_NOBODYS)
    try:
        yield
    finally:
        _said.reset(token)


def from_now_on(merchant_id: str) -> None:
    """Transactions that this task begins from now on see rows of one merchant alone: its request has shown its key."""
    _said.set(_a_merchant(merchant_id))


def unsaid() -> None:
    """A request begins: what the one before on the same connection has said is no longer said."""
    _said.set(None)


def _a_merchant(merchant_id: str) -> str:
    if merchant_id in (EVERYONES, _NOBODYS) or "\0" in merchant_id:
        raise ValueError(f"no merchant is called {merchant_id!r}")
    return merchant_id


def required(engine: AsyncEngine) -> AsyncEngine:
    """Have an engine refuse transactions for which nobody said it: they would see nothing, and nobody would notice."""
    event.listen(engine.sync_engine, "connect", _refuse_unsaid)
    return engine


def _refuse_unsaid(connection: Any, _record: Any) -> None:
    connection.driver_connection.refuses_unsaid = True


class OfSomeone(psycopg.AsyncConnection[Any]):
    """Says whose rows are seen in the message that begins a transaction: it costs no statement and no way there."""

    refuses_unsaid = False
    tells_merchants_time = False

    def _start_query(self) -> PQGen[None]:
        whose = _said.get()
        if self._autocommit or self.pgconn.transaction_status != pq.TransactionStatus.IDLE:
            return
        if whose is None:
            if self.refuses_unsaid:
                raise NobodySaid("say it: of_merchant, of_everyone or of_nobody (db/whose.py)")
            yield from super()._start_query()
            return
        self._check_connection_ok()
        literal = pq.Escaping(self.pgconn).escape_literal(whose.encode())
        begin = self._get_tx_start_command()
        said = b"%b; SET LOCAL %b = %b" % (begin, SETTING.encode(), literal)
        self.pgconn.send_query(said + _THEIR_TIME % literal if self._is_of_a_test_clock(whose) else said)
        for result in (yield from generators.execute(self.pgconn)):
            if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
                raise errors.error_from_result(result, encoding=self.pgconn._encoding)

    def _is_of_a_test_clock(self, whose: str) -> bool:
        return self.tells_merchants_time and whose not in (EVERYONES, _NOBODYS)
