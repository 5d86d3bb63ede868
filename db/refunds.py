"""Refunds, and what is shown of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Insert,
    Interval,
    Row,
    Select,
    Update,
    case,
    func,
    insert,
    null,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.asyncio import AsyncConnection

from db import merchant_time, sealing, weights
from db.api_keys import Caller
from db.built import built_once, typed
from db.codec import from_json
from db.read_models import ListedRefund, RecentRefund, Refund, RefundOfOrder
from db.rows import read
from db.schema import JSONB, refunds
from db.schema.sealed import sealed_row
from domain.claims import rmas
from domain.lifecycle import RefundStatus, refunds_before
from domain.money.amounts import Money

_LARGE = refunds.c.quote, refunds.c.settlement

WITHOUT_PAYOUT = [status for status in RefundStatus if status.is_final and status is not RefundStatus.COMPLETED]


class RefundNotFound(LookupError):
    """There is no such refund, or it is another merchant's or another customer's."""


@dataclass(frozen=True, slots=True)
class RefundFilter:
    """What a list shows; `before` is the place after which it continues, newest first.

    `customer_id` is of whose orders they are, `receiver` whose refunds. `rma_letters` is how the id ends, as a parcel
    says it.
    """

    status: str | None = None
    rma_letters: str | None = None
    order_id: str | None = None
    customer_id: str | None = None
    receiver: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    before: tuple[datetime, str] | None = None
    limit: int = 50


async def add(connection: AsyncConnection, row: dict[str, Any]) -> Refund:
    sealed = sealed_row(refunds, sealing.about_refund(row["refund_id"]), row)
    return read(Refund, (await _added(**sealed).on(connection)).one())


@built_once
def _added(**row: Any) -> Insert:
    return insert(refunds).values(row).returning(refunds)


async def find(connection: AsyncConnection, caller: Caller, refund_id: str) -> Refund:
    """Return a refund that a caller may see: their merchant's, a customer what they receive; raises RefundNotFound."""
    row = await weights.one_or_none(connection, *_LARGE, refund_id=refund_id, merchant_id=caller.merchant_id)
    if row is None or not _is_for(caller, row):
        raise RefundNotFound(refund_id)
    return read(Refund, row)


@dataclass(frozen=True, slots=True)
class WatchedRefund:
    """Where a refund stands that somebody watches. is_of_a_gift: whether its customer got the order as one."""

    status: RefundStatus
    is_of_a_gift: bool


async def find_watched(connection: AsyncConnection, caller: Caller, refund_id: str) -> WatchedRefund:
    """Return where a refund stands, however large its order is; raises RefundNotFound as `find` does."""
    row = (await _watched(refund_id=refund_id, merchant_id=caller.merchant_id).on(connection)).one_or_none()
    if row is None or not _is_for(caller, row):
        raise RefundNotFound(refund_id)
    return WatchedRefund(RefundStatus(row.status), row.beneficiary is not None)


@built_once
def _watched(*, refund_id: Any, merchant_id: Any) -> Select[Any]:
    told = (refunds.c[name] for name in ("status", "beneficiary", "customer_id", "order_id"))
    return select(*told).where(refunds.c.refund_id == refund_id, refunds.c.merchant_id == merchant_id)


def _is_for(caller: Caller, row: Row[Any]) -> bool:
    """Whether a refund of the caller's merchant is for this caller: for a customer who receives what it gives."""
    is_receiver = caller.customer_id in (None, row.beneficiary or row.customer_id)
    return is_receiver and caller.only_order_id in (None, row.order_id)


async def of_merchant(connection: AsyncConnection, merchant_id: str, refund_ids: Sequence[str]) -> set[str]:
    """Tell which of these are refunds of the merchant."""
    theirs = (refunds.c.merchant_id == merchant_id) & refunds.c.refund_id.in_(refund_ids)
    return set(await connection.scalars(select(refunds.c.refund_id).where(theirs)))


def received_by(customer_id: Any) -> Any:
    """Whether a customer receives what a refund gives: of a gift who got it, and not who gave it (rule 56)."""
    is_no_gift = refunds.c.beneficiary.is_(None)
    return ((refunds.c.customer_id == customer_id) & is_no_gift) | (refunds.c.beneficiary == customer_id)


async def get(connection: AsyncConnection, refund_id: str, *, lock: bool = False) -> Refund:
    row = await weights.one_or_none(connection, *_LARGE, lock=lock, refund_id=refund_id)
    if row is None:
        raise NoResultFound(refund_id)
    return read(Refund, row)


async def by_external_id(
    connection: AsyncConnection, merchant_id: str, order_id: str, external_id: str
) -> Refund | None:
    """Find the refund that money which went back elsewhere counts as (rule 51); a dispute is none of these."""
    query = select(refunds).where(
        refunds.c.merchant_id == merchant_id,
        refunds.c.order_id == order_id,
        refunds.c.external["external_id"].astext == external_id,
        refunds.c.external["is_loss"].astext == "false",
        refunds.c.external.is_not(None),
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else read(Refund, row)


async def has_a_receiver(connection: AsyncConnection, merchant_id: str, order_id: str) -> bool:
    """Whether anything of an order came back from who had got it as a gift (rule 56)."""
    query = select(refunds.c.refund_id).where(
        refunds.c.merchant_id == merchant_id, refunds.c.order_id == order_id, refunds.c.beneficiary.is_not(None)
    )
    return (await connection.execute(query.limit(1))).first() is not None


async def change(connection: AsyncConnection, refund_id: str, **columns: Any) -> None:
    """Change columns of a refund; a status that may not follow the one it has by now is left as it is."""
    changed = Change()
    changed.add(**columns)
    await apply(connection, refund_id, changed)


@dataclass(slots=True)
class Change:
    """What is to be set of a refund: plain columns, and where it moves to along the table of allowed arrows.

    A refund whose status may not be followed by this one stays where it is. It is over as long as its status is: one
    that was over and asks people for help is not. ends_attention: nobody is asked for help any more where it ends.
    """

    columns: dict[str, Any] = field(default_factory=dict)
    status: RefundStatus | None = None
    ends_attention: bool = False

    def __bool__(self) -> bool:
        return bool(self.columns) or self.status is not None

    def add(self, **columns: Any) -> None:
        """Set more columns; `status` among them moves the refund."""
        if "status" in columns:
            self.move(RefundStatus(columns.pop("status")), ends_attention=False)
        self.columns |= columns

    def move(self, status: RefundStatus, *, ends_attention: bool = True) -> None:
        assert self.status is None, "a transaction moves its refund once"
        self.status, self.ends_attention = status, ends_attention and status.is_final

    def take(self) -> "Change":
        """Return what is to be set, and begin anew."""
        taken = Change(self.columns, self.status, self.ends_attention)
        self.columns, self.status, self.ends_attention = {}, None, False
        return taken


def assigned(status: RefundStatus | None, values: Mapping[str, Any], *, ends_attention: bool) -> dict[str, Any]:
    """What an UPDATE of refunds sets for a change to these values."""
    if status is None:
        return dict(values)
    may_follow = refunds.c.status.in_(refunds_before(status))
    ends = case((may_follow, merchant_time.now() if status.is_final else null()), else_=refunds.c.completed_at)
    moved = case((may_follow, str(status)), else_=refunds.c.status)
    attention = case((may_follow, null()), else_=refunds.c.needs_attention)
    told = {"needs_attention": attention} if ends_attention else {}
    return {"completed_at": ends, **values, **told, "status": moved}


async def apply(connection: AsyncConnection, refund_id: str, change: Change) -> None:
    columns = sealed_columns(refund_id, change.columns)
    await _changed(change.status, change.ends_attention, refund_id=refund_id, **columns).on(connection)


def sealed_columns(refund_id: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be set of a refund, as its row keeps it."""
    return sealed_row(refunds, sealing.about_refund(refund_id), columns)


@built_once
def _changed(status: RefundStatus | None, ends_attention: bool, *, refund_id: Any, **values: Any) -> Update:
    set_to = assigned(status, values, ends_attention=ends_attention)
    return update(refunds).where(refunds.c.refund_id == refund_id).values(set_to)


async def extras_asked(
    connection: AsyncConnection, merchant_id: str, order_id: str
) -> dict[str, tuple[tuple[str, Money], ...]]:
    """Say what refunds that are open and not settled yet ask of which extras of their order, by refund (rule 47)."""
    asked = refunds.c.quote_basis["terms"]["extras"].label("extras")
    query = select(refunds.c.refund_id, asked).where(
        (refunds.c.merchant_id == merchant_id) & (refunds.c.order_id == order_id),
        refunds.c.settlement.is_(None) & refunds.c.completed_at.is_(None),
    )
    rows = await connection.execute(query.order_by(refunds.c.refund_id))
    return {row.refund_id: from_json(tuple[tuple[str, Money], ...], row.extras) for row in rows if row.extras}


async def recent_of_order(
    connection: AsyncConnection, merchant_id: str, order_id: str, reason: str, within: timedelta
) -> list[RecentRefund]:
    """List an order's refunds asked for just now with what stands for this reason; those without payout aside."""
    of_order = {"merchant_id": merchant_id, "order_id": order_id}
    found = await _recent_of_order(**of_order, reason=reason, within=within).on(connection)
    return [read(RecentRefund, row) for row in found]


@built_once
def _recent_of_order(*, merchant_id: Any, order_id: Any, reason: Any, within: Any) -> Select[Any]:
    since = merchant_time.now() - typed(within, Interval)
    return (
        select(refunds.c.refund_id, refunds.c.reason, refunds.c.given_reasons, refunds.c.quote_basis)
        .where(refunds.c.merchant_id == merchant_id, refunds.c.order_id == order_id, refunds.c.reason == reason)
        .where(refunds.c.created_at > since, refunds.c.status.not_in(WITHOUT_PAYOUT))
    )


_IS_OPEN = refunds.c.completed_at.is_(None)
_LISTED = tuple(each for each in refunds.c if each.name in {field.name for field in fields(ListedRefund)})


def listed_columns() -> tuple[Column[Any], ...]:
    """What is stored of a refund in a list."""
    return _LISTED


def came_to(what: str) -> Any:
    """A part of what a refund came to, settled or quoted: the document itself is large."""
    return func.coalesce(refunds.c.settlement, refunds.c.quote, type_=JSONB)[what].label(what)


async def search(connection: AsyncConnection, merchant_id: str, wanted: RefundFilter) -> list[ListedRefund]:
    """List a merchant's refunds, newest first, one more than the limit if there is more.

    Of what each came to, settled or quoted, only the total and the points are read.
    """
    query = select(*_LISTED, came_to("total"), came_to("points")).where(refunds.c.merchant_id == merchant_id)
    if wanted.status:
        is_over = refunds.c.completed_at.is_not(None) if RefundStatus(wanted.status).is_final else _IS_OPEN
        query = query.where(refunds.c.status == wanted.status, is_over)  # which of the indexes to go by
    if wanted.rma_letters:
        query = query.where(func.upper(func.right(refunds.c.refund_id, rmas.LETTERS)) == wanted.rma_letters)
    if wanted.order_id:
        query = query.where(refunds.c.order_id == wanted.order_id)
    if wanted.customer_id:
        query = query.where(refunds.c.customer_id == wanted.customer_id)
    if wanted.receiver:
        query = query.where(received_by(wanted.receiver))
    if wanted.created_from:
        query = query.where(refunds.c.created_at >= wanted.created_from)
    if wanted.created_to:
        query = query.where(refunds.c.created_at < wanted.created_to)
    if wanted.before:
        query = query.where(tuple_(refunds.c.created_at, refunds.c.refund_id) < tuple_(*wanted.before))
    ordered = query.order_by(refunds.c.created_at.desc(), refunds.c.refund_id.desc())
    return [read(ListedRefund, row) for row in await connection.execute(ordered.limit(wanted.limit + 1))]


async def of_order(connection: AsyncConnection, merchant_id: str, order_id: str) -> list[RefundOfOrder]:
    """List all refunds of an order, the newest first: status, and what each came to in total and in points."""
    await weights.refuse_many(connection, refunds, merchant_id=merchant_id, order_id=order_id)
    found = await _of_order(merchant_id=merchant_id, order_id=order_id).on(connection)
    return [read(RefundOfOrder, row) for row in found]


@built_once
def _of_order(*, merchant_id: Any, order_id: Any) -> Select[Any]:
    query = select(refunds.c.refund_id, refunds.c.status, refunds.c.external, came_to("total"), came_to("points"))
    query = query.where(refunds.c.merchant_id == merchant_id, refunds.c.order_id == order_id)
    return query.order_by(refunds.c.created_at.desc(), refunds.c.refund_id.desc())
