"""What customers asked for before: what the risk of a request is judged by."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Executable, Select, cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncConnection

from db import merchant_time
from db.at_once import at_once
from db.built import built_once
from db.refunds import received_by
from db.schema import JSONB, refund_claims, refund_evidence, refunds
from domain.lifecycle import RefundStatus


@dataclass(frozen=True, slots=True)
class CustomerHistory:
    """What a customer asked for before this refund; `given` counts the reasons of 90 days.

    `same_picture_in` are earlier refunds, whosever, of other orders that showed one of its pictures.
    """

    refunds_7d: int
    refunds_90d: int
    orders_refunded: int
    rejected_inspections: int
    given: dict[str, int]
    same_picture_in: tuple[str, ...] = ()


async def before(connection: AsyncConnection, merchant_id: str, customer_id: str, refund_id: str) -> CustomerHistory:
    earlier = {"merchant_id": merchant_id, "customer_id": customer_id, "refund_id": refund_id}
    async with at_once(connection) as reads:
        counting, rejecting = reads.begin(_counts(**earlier).on), reads.begin(_rejected(**earlier).on)
    row = counting.result().one()
    rejected = int(rejecting.result().scalar_one())
    return CustomerHistory(row.week, row.quarter, row.orders, rejected, row.given or {}, tuple(row.alike or ()))


@built_once
def _counts(**of: Any) -> Executable:
    age = merchant_time.now() - refunds.c.created_at
    week, quarter = func.make_interval(0, 0, 0, 7), func.make_interval(0, 0, 0, 90)
    lately = _is_earlier(**of), refunds.c.created_at > merchant_time.now() - quarter
    each = select(func.jsonb_array_elements_text(_codes_given()).label("code")).where(*lately).subquery()
    counted = select(each.c.code, func.count().label("times")).group_by(each.c.code).subquery()
    given = select(func.jsonb_object_agg(counted.c.code, counted.c.times, type_=JSONB)).scalar_subquery()
    return select(
        func.count().filter(age < week).label("week"),
        func.count().filter(age < quarter).label("quarter"),
        func.count(refunds.c.order_id.distinct()).filter(refunds.c.status == RefundStatus.COMPLETED).label("orders"),
        given.label("given"),
        _shown_before(of["refund_id"]).label("alike"),
    ).where(_is_earlier(**of))


def _shown_before(refund_id: Any) -> ColumnElement[Any]:
    """Which earlier refunds showed the same pictures as this one."""
    alike = refund_evidence.c.resembles
    theirs = (refund_evidence.c.refund_id == refund_id) & alike.is_not(None)
    return select(func.array_agg(alike.distinct())).where(theirs).scalar_subquery()


def _codes_given() -> ColumnElement[Any]:
    """The reasons that a refund was asked for with, as an array: the merchant's own ones by their ids (rule 55)."""
    codes = cast("$.in_effect[*].code", JSONPATH)
    own = func.jsonb_path_query_array(refunds.c.given_reasons, codes, type_=JSONB)
    return func.coalesce(own, func.jsonb_build_array(refunds.c.reason), type_=JSONB)


@built_once
def _rejected(**of: Any) -> Select[Any]:
    return (
        select(func.count(refund_claims.c.refund_id.distinct()))
        .select_from(refund_claims.join(refunds, refunds.c.refund_id == refund_claims.c.refund_id))
        .where(_is_earlier(**of), refund_claims.c.rejected > 0)
    )


def _is_earlier(merchant_id: Any, customer_id: Any, refund_id: Any) -> Any:
    earlier = (refunds.c.merchant_id == merchant_id) & received_by(customer_id)
    return earlier & (refunds.c.refund_id != refund_id) & (refunds.c.status != RefundStatus.CANCELLED)
