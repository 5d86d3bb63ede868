"""What an exchange cost by the provider's report beside the rate of the sale (rule 53)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money.amounts import Money
from domain.payout.exchange_differences import Exchange, exchange_difference
from domain.payout.settlement_reports import Movement, SettlementLine


def eur(cents: int) -> Money:
    return Money("EUR", cents)


def usd(cents: int) -> Money:
    return Money("USD", cents)


BOOKED = Exchange(paid=eur(90_00), worth=usd(100_00))
REFUND = SettlementLine(
    place=1,
    line_id="txn_1",
    movement=Movement.REFUND,
    reference="re_1",
    key="rf_1-0-0",
    charge_ref="ch_1",
    amount=eur(90_00),
    at=datetime(2026, 11, 30, tzinfo=UTC),
    is_settled=True,
    settled=usd(103_00),
)


@pytest.mark.parametrize(
    ("movement", "settled", "cost"),
    [
        (Movement.REFUND, usd(103_00), usd(3_00)),
        (Movement.REFUND, usd(98_00), usd(-2_00)),
        (Movement.REFUND, usd(100_00), usd(0)),
        (Movement.REFUND_FAILED, usd(102_00), usd(-2_00)),
        (Movement.REFUND_FAILED, usd(99_00), usd(1_00)),
    ],
)
def test_a_refund_costs_what_was_settled_beside_its_worth_and_one_that_failed_the_other_way_round(
    movement: Movement, settled: Money, cost: Money
) -> None:
    assert exchange_difference(replace(REFUND, movement=movement, settled=settled), BOOKED) == cost


@pytest.mark.parametrize(
    "line",
    [
        replace(REFUND, settled=None),
        replace(REFUND, is_settled=False),
        replace(REFUND, amount=eur(89_99)),
        replace(REFUND, amount=usd(90_00)),
        replace(REFUND, settled=Money("GBP", 78_00)),
    ],
    ids=["says nothing", "not for good", "another amount", "another currency", "settled in a third one"],
)
def test_nothing_is_said_of_what_a_report_leaves_open(line: SettlementLine) -> None:
    assert exchange_difference(line, BOOKED) is None


amounts = st.integers(1, 10**12)


@given(st.lists(st.tuples(amounts, amounts, amounts), min_size=1, max_size=8))
def test_differences_of_parts_come_to_that_of_the_whole(parts: list[tuple[int, int, int]]) -> None:
    paid, worth, settled = (sum(column) for column in zip(*parts, strict=True))

    costs = [
        exchange_difference(replace(REFUND, amount=eur(p), settled=usd(s)), Exchange(eur(p), usd(w)))
        for p, w, s in parts
    ]
    whole = exchange_difference(
        replace(REFUND, amount=eur(paid), settled=usd(settled)), Exchange(eur(paid), usd(worth))
    )

    assert Money.total(filter(None, costs), "USD") == whole


@given(amounts, amounts, amounts)
def test_what_comes_back_as_it_went_costs_nothing_and_else_what_less_came_back(
    worth: int, went: int, came: int
) -> None:
    booked = replace(BOOKED, worth=usd(worth))
    out = exchange_difference(replace(REFUND, settled=usd(went)), booked)
    back = exchange_difference(replace(REFUND, movement=Movement.REFUND_FAILED, settled=usd(came)), booked)

    assert out is not None and back is not None
    assert out + back == usd(went - came)
