"""What a provider's settlement report says, held against our ledger."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.money.amounts import Money
from domain.payout.settlement_reports import (
    WHAT_TO_DO,
    BookedShare,
    Movement,
    SettlementDifference,
    SettlementLine,
    compare,
)

PAID = SettlementLine(
    place=1,
    line_id="txn_1",
    movement=Movement.REFUND,
    reference="re_1",
    key="rf_1:payout:0",
    charge_ref="ch_1",
    amount=Money("EUR", 40_00),
    at=datetime(2026, 11, 29, tzinfo=UTC),
    is_settled=True,
)
FAILED = replace(PAID, line_id="txn_2", movement=Movement.REFUND_FAILED)
AGAIN = replace(PAID, line_id="txn_3", reference="re_2")
OURS = BookedShare("rf_1", "p1", Money("EUR", 40_00))
NOT_BOOKED = replace(OURS, booked=Money("EUR", 0))


@pytest.mark.parametrize(
    ("lines", "ours", "difference"),
    [
        ([PAID], OURS, None),
        ([PAID], None, SettlementDifference.MISSING_HERE),
        ([PAID], NOT_BOOKED, SettlementDifference.MISSING_HERE),
        ([PAID], replace(OURS, booked=Money("EUR", 39_99)), SettlementDifference.DIFFERENT),
        ([PAID], replace(OURS, booked=Money("USD", 40_00)), SettlementDifference.DIFFERENT),
        ([PAID, AGAIN], OURS, SettlementDifference.DOUBLE),
        ([PAID, replace(PAID, line_id="txn_4")], None, SettlementDifference.DOUBLE),
        ([PAID, FAILED], OURS, SettlementDifference.FAILED_THERE),
        ([FAILED], OURS, SettlementDifference.FAILED_THERE),
        ([PAID, FAILED], NOT_BOOKED, None),
        ([PAID, FAILED], None, None),
        ([PAID, FAILED, AGAIN], OURS, None),
        ([], OURS, None),
    ],
)
def test_both_sides_of_a_refund_agree_or_differ_in_one_way(
    lines: list[SettlementLine], ours: BookedShare | None, difference: SettlementDifference | None
) -> None:
    assert compare(lines, ours) == difference
    assert compare(lines[::-1], ours) == difference


def test_each_difference_says_what_to_do() -> None:
    assert set(WHAT_TO_DO) == set(SettlementDifference)
