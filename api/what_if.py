"""Past refunds worked out again under a draft policy, and what would have come out differently."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from api.schemas.what_if import (
    WhatIfBody,
    WhatIfCurrency,
    WhatIfDecisions,
    WhatIfOutcomes,
    WhatIfRefund,
    WhatIfRow,
    WhatIfSummary,
)
from db import past_refunds
from db.past_refunds import PastOrder
from domain.policy import Policy
from domain.rights.policy_trial import CameOf, PolicyTrial
from domain.rights.review_table import RowTrial
from domain.settlement.settlement import Settlement
from domain.settlement.what_if import Replayed, replay
from service.closed_days import closed_days

_AT_ONCE = 20
"""Orders worked out in one go."""

_CHARACTERS_AT_ONCE = 1_000_000
"""Fewer, where they are large."""

Elsewhere = Callable[["Batch"], Awaitable["WorkedOut"]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some past orders, and the draft policy for them."""

    orders: tuple[PastOrder, ...]
    policy: Policy


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """What a batch came to: the JSON lines of what would have come out differently, and the sums."""

    lines: list[str]
    tally: "_Tally"


async def what_if(
    connection: AsyncConnection, merchant_id: str, body: WhatIfBody, elsewhere: Elsewhere
) -> AsyncIterator[str]:
    """Yield a JSON line for each refund that would have come out differently, and a summary at the end.

    elsewhere: has `work_out` done where it holds nobody up.
    """
    policy, tally, left = body.policy.to_domain(), _Tally(), body.listed_at_most
    async for orders in _in_batches(past_refunds.settled(connection, merchant_id, body.settled_from, body.settled_to)):
        worked_out = await elsewhere(Batch(orders, policy))
        tally.add(worked_out.tally)
        for line in worked_out.lines if left is None else worked_out.lines[:left]:
            yield line
        left = None if left is None else max(left - len(worked_out.lines), 0)
    trial = PolicyTrial(policy)
    async for refund in past_refunds.judged(connection, merchant_id, body.settled_from, body.settled_to):
        trial.add(refund)
    yield tally.summary(trial).model_dump_json() + "\n"


async def _in_batches(orders: AsyncIterator[PastOrder]) -> AsyncIterator[tuple[PastOrder, ...]]:
    batch: list[PastOrder] = []
    async for order in orders:
        batch.append(order)
        if len(batch) == _AT_ONCE or sum(each.characters for each in batch) > _CHARACTERS_AT_ONCE:
            yield tuple(batch)
            batch = []
    if batch:
        yield tuple(batch)


def work_out(batch: Batch) -> WorkedOut:
    """Settle past refunds anew: seconds of computing, where orders are large."""
    tally = _Tally()
    lines = [line.model_dump_json() + "\n" for past in batch.orders for line in _of_order(past, batch.policy, tally)]
    return WorkedOut(lines, tally)


def _of_order(past: PastOrder, policy: Policy, tally: "_Tally") -> Iterator[WhatIfRefund]:
    order, sale = past.order()
    for replayed in replay(order, sale, past.refunds(), policy, closed_days(policy.country)):
        shown = _shown(order.order_id, replayed)
        tally.count(shown)
        if shown.changes or shown.refusal:
            yield shown


def _shown(order_id: str, replayed: Replayed) -> WhatIfRefund:
    before, after = replayed.before, replayed.after
    total = before.total.minor_units
    return WhatIfRefund(
        refund_id=replayed.refund_id,
        order_id=order_id,
        currency=before.total.currency,
        total_before=total,
        total_after=after.total.minor_units if after else 0,
        refusal=replayed.refusal,
        changes=_changes(before, after) if after else {"total": [total, 0]},
    )


def _changes(before: Settlement, after: Settlement) -> dict[str, list[Any]]:
    was, would_be = _figures(before), _figures(after)
    return {name: [was[name], would_be[name]] for name in was if was[name] != would_be[name]}


def _figures(settlement: Settlement) -> dict[str, Any]:
    """Everything of a settlement that a merchant would compare."""
    return {
        "total": settlement.total.minor_units,
        "goods": settlement.goods.minor_units,
        "shipping": settlement.shipping.minor_units,
        "shipments": {each.shipment_id: each.amount.minor_units for each in settlement.shipping_parts if each.amount},
        "extras": {each.line_id: each.amount.minor_units for each in settlement.extras if each.is_any},
        "fees": {fee.kind.value: fee.amount.minor_units for fee in settlement.fees if fee.amount},
        "deductions": {f"{each.kind}/{each.source_id}": each.amount.minor_units for each in settlement.deductions},
        "owed": sum(each.owed.minor_units for each in settlement.deductions),
        "deductions_returned": {
            f"{each.kind}/{each.source_id}": each.amount.minor_units for each in settlement.deductions_returned
        },
        "interest": settlement.interest_paid.minor_units,
        "overpaid": settlement.overpaid_back.minor_units,
        "store_credit_bonus": settlement.credit_bonus_given.minor_units,
        "paid_after_all": settlement.paid_after_all_back.minor_units,
        "not_paid_yet": (settlement.comes_to - settlement.total).minor_units,
        "payouts": {each.payment.payment_id: each.amount.minor_units for each in settlement.payouts},
        "converted": {
            each.payment.payment_id: [each.converted.minor_units, each.converted.currency]
            for each in settlement.payouts
            if each.converted is not None
        },
        "points": asdict(settlement.points),
        "coupons": {
            each.coupon_id: [each.outcome.value, each.amount.minor_units]
            for each in (*settlement.coupons, *settlement.granted_coupons)
        },
        "gifts": {each.line_id: each.outcome.value for each in settlement.gifts},
        "tier": settlement.tier.after if settlement.tier else None,
    }


def _decisions(trial: PolicyTrial) -> WhatIfDecisions:
    decided = trial.decided
    return WhatIfDecisions(
        judged=decided.judged,
        by_rule=_came_of(decided.by_rule),
        by_rule_instead=_came_of(decided.by_rule_instead),
        by_reviewer_instead=_came_of(decided.by_reviewer_instead),
    )


def _came_of(found: CameOf) -> WhatIfOutcomes:
    return WhatIfOutcomes(**asdict(found))


def _shown_row(trial: RowTrial) -> WhatIfRow:
    return WhatIfRow(
        name=trial.row.name if trial.row else None,
        then=trial.row.then if trial.row else None,
        refunds=trial.refunds,
        approved=trial.approved,
        rejected=trial.rejected,
        malicious=trial.malicious,
    )


class _Tally:
    def __init__(self) -> None:
        self._refunds = self._different = self._refused = 0
        self._before: Counter[str] = Counter()
        self._after: Counter[str] = Counter()

    def add(self, other: "_Tally") -> None:
        self._refunds += other._refunds
        self._different += other._different
        self._refused += other._refused
        self._before.update(other._before)
        self._after.update(other._after)

    def count(self, shown: WhatIfRefund) -> None:
        self._refunds += 1
        self._different += bool(shown.changes)
        self._refused += shown.refusal is not None
        self._before[shown.currency] += shown.total_before
        self._after[shown.currency] += shown.total_after

    def summary(self, trial: PolicyTrial) -> WhatIfSummary:
        return WhatIfSummary(
            refunds=self._refunds,
            different=self._different,
            refused=self._refused,
            decisions=_decisions(trial),
            review_table=[_shown_row(each) for each in trial.rows],
            currencies={
                currency: WhatIfCurrency(
                    total_before=before,
                    total_after=self._after[currency],
                    difference=self._after[currency] - before,
                )
                for currency, before in sorted(self._before.items())
            },
        )
