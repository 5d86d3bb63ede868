"""What became of refunds, added up once and for all: how many ended, how long each stage took, how often too long.

A worker adds up what has ended since, beside its tasks; whoever asks reads a single row, however many there are. It is
of all merchants, and names none.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, Self

from sqlalchemy import Interval, String, column, func, literal, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from db import keepers
from db.built import one_of
from db.policies import lasts_s
from db.schema import policies, refund_events, refunds
from domain.explain.stages import TIMED, Moment

NAME = "tally_refunds"
"""Of the keeper that adds it up, whose place the tally is."""

BOUNDS_S = (1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400, 259_200, 604_800, 1_209_600, 2_592_000)
"""From a second to thirty days: a plain refund takes the one, a parcel the other."""

_BEYOND = "inf"
MAY_BE_UNSEEN = timedelta(seconds=1)


@dataclass(slots=True)
class Durations:
    """How many durations lie at or below a bound and above the one before it, by that bound, and their sum."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        bound = next((str(each) for each in BOUNDS_S if seconds <= each), _BEYOND)
        self.counts[bound] += 1
        self.seconds += seconds

    @property
    def cumulative(self) -> list[tuple[str, int]]:
        """How many lie at or below each bound, the last of which is infinite. Bounds may have been others before."""
        counts = [(str(float(each)), sum(n for at, n in self.counts.items() if float(at) <= each)) for each in BOUNDS_S]
        return [*counts, ("+Inf", sum(self.counts.values()))]


@dataclass(slots=True)
class EndTally:
    """All that ended up to a moment: by status, by stage, and which stage took longer than its policy has it."""

    until: datetime | None = None
    ended: Counter[str] = field(default_factory=Counter)
    stages: dict[str, Durations] = field(default_factory=dict)
    late: Counter[str] = field(default_factory=Counter)
    whole: Durations = field(default_factory=Durations)

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None) -> Self:
        if not stored:
            return cls()
        stages = {stage: _durations(each) for stage, each in stored["stages"].items()}
        counted = Counter(stored["ended"]), stages, Counter(stored["late"]), _durations(stored["whole"])
        return cls(datetime.fromisoformat(stored["until"]), *counted)

    def stored(self) -> dict[str, Any]:
        stages = {stage: _as_json(each) for stage, each in self.stages.items()}
        until = self.until and self.until.isoformat()
        return {"until": until, "ended": self.ended, "stages": stages, "late": self.late, "whole": _as_json(self.whole)}

    def add_stage(self, stage: str, seconds: float) -> None:
        self.stages.setdefault(stage, Durations()).add(seconds)


def _durations(stored: Mapping[str, Any]) -> Durations:
    return Durations(Counter(stored["counts"]), stored["seconds"])


def _as_json(durations: Durations) -> dict[str, Any]:
    return {"counts": durations.counts, "seconds": durations.seconds}


@dataclass(frozen=True, slots=True)
class EndedRefund:
    """A refund that is over, what happened to it, and how long its policy gives reviewer and inspection."""

    status: str
    moments: Sequence[Moment]
    slas_s: Mapping[str, float]


async def look(connection: AsyncConnection) -> EndTally:
    """Return what is added up so far."""
    return EndTally.read(await keepers.place_of(connection, NAME))


async def all_before(connection: AsyncConnection) -> datetime:
    """Return a moment before which every refund that has ended can be seen: no transaction from before it is open.

    A refund ends at the time at which its transaction began, and is seen when that one is over.
    """
    sessions = table("pg_stat_activity", *(column(each) for each in ("datname", "usename", "pid", "xact_start")))
    ours = (sessions.c.datname == func.current_database()) & (sessions.c.usename == func.current_user(type_=String))
    others = select(func.min(sessions.c.xact_start)).where(ours, sessions.c.pid != func.pg_backend_pid())
    moment = func.least(func.now(), others.scalar_subquery()) - literal(MAY_BE_UNSEEN, Interval)
    before: datetime = (await connection.execute(select(moment))).scalar_one()
    return before


async def ended(
    connection: AsyncConnection, since: datetime, until: datetime, *, limit: int
) -> tuple[list[EndedRefund], datetime]:
    """List what ended after one moment and up to another, the first first, and up to when this is all.

    There may be more than the limit: what ended in one moment stays together.
    """
    under = (policies.c.merchant_id == refunds.c.merchant_id) & (policies.c.version == refunds.c.policy_version)
    slas = (lasts_s("review_sla").label("review_s"), lasts_s("inspection_sla").label("inspection_s"))
    found = (
        select(refunds.c.refund_id, refunds.c.status, refunds.c.completed_at, *slas)
        .outerjoin_from(refunds, policies, under)
        .where(refunds.c.completed_at > since, refunds.c.completed_at <= until)
        .order_by(refunds.c.completed_at)
        .fetch(limit, with_ties=True)
    )
    rows = (await connection.execute(found)).all()
    moments = await _moments(connection, [row.refund_id for row in rows])
    those = [
        EndedRefund(
            row.status,
            moments.get(row.refund_id, ()),
            {"in_review": float(row.review_s), "inspecting": float(row.inspection_s)},
        )
        for row in rows
    ]
    return those, rows[-1].completed_at if len(rows) >= limit else until


async def _moments(connection: AsyncConnection, refund_ids: Iterable[str]) -> dict[str, list[Moment]]:
    columns = (refund_events.c.refund_id, refund_events.c.event, refund_events.c.at)
    ours = (one_of(refund_events.c.refund_id, list(refund_ids)), refund_events.c.event.in_(TIMED))
    query = select(*columns).where(*ours).order_by(refund_events.c.refund_id, refund_events.c.sequence)
    rows = await connection.execute(query)
    by_refund = groupby(rows, attrgetter("refund_id"))
    return {refund_id: [Moment(row.event, row.at) for row in several] for refund_id, several in by_refund}
