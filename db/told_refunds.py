"""A refund as merchants' systems are told of it: of its large documents only the parts that are told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import built_once
from db.codec import from_json
from db.read_models import given_reasons
from db.rows import StoredDocument, read
from db.schema import JSONB, refunds
from domain.claims.extras import ExtraBack
from domain.claims.reasons import GivenReasons, Reason, RefundKind
from domain.lifecycle import RefundStatus
from domain.money.amounts import Money
from domain.sale.measures import Measure


@dataclass(frozen=True, slots=True)
class ToldRefund:
    """`total` and what follows are what it came to, settled or quoted; `measured` are its lines with a measure."""

    refund_id: str
    order_id: str
    order_version: int
    customer_id: str
    status: RefundStatus
    reason: Reason
    given_reasons: StoredDocument[GivenReasons] | None
    kind: RefundKind
    goods_return: dict[str, Any] | None
    metadata: dict[str, str]
    created_at: datetime
    completed_at: datetime | None
    total: StoredDocument[Money]
    shipping: StoredDocument[Money]
    shipping_tax: StoredDocument[Money] | None
    extras: StoredDocument[tuple[ExtraBack, ...]] | None
    measured: list[dict[str, Any]]

    @property
    def given(self) -> GivenReasons:
        return given_reasons(self.reason, self.given_reasons)

    @property
    def measures(self) -> dict[str, Measure]:
        return {claim["line_id"]: from_json(Measure, claim["measure"]) for claim in self.measured}


async def find(connection: AsyncConnection, refund_id: str) -> ToldRefund:
    return read(ToldRefund, (await _found(refund_id=refund_id).on(connection)).one())


@built_once
def _found(*, refund_id: Any) -> Select[Any]:
    came_to = func.coalesce(refunds.c.settlement, refunds.c.quote, type_=JSONB)
    parts = [came_to[name].label(name) for name in ("total", "shipping", "shipping_tax", "extras")]
    with_measure = literal("$.claims[*] ? (@.measure != null)", literal_execute=True)
    measured = func.jsonb_path_query_array(refunds.c.quote, cast(with_measure, JSONPATH), type_=JSONB)
    plain = ToldRefund.__slots__[: ToldRefund.__slots__.index("total")]
    columns = [refunds.c[name] for name in plain]
    return select(*columns, *parts, measured.label("measured")).where(refunds.c.refund_id == refund_id)
