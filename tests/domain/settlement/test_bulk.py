"""What many refunds come to together, and when one of them no longer is what its preview said."""

from dataclasses import replace

from domain.claims.reasons import RefundKind
from domain.payout.choice import RefundTo
from domain.sale.payments import PaymentMethod
from domain.settlement.bulk import BulkStatus, BulkTotal, LinePreview, PartOfTotal, TenderShare, totals
from tests.domain.builders import a_line, a_payment, an_order, units
from tests.domain.refund_desk import Desk

BY_GIFT_CARD = replace(a_payment("p2", 50_00), method=PaymentMethod.GIFT_CARD)
KETTLES = an_order([a_line(2, 100_00)], payments=[a_payment("p1", 150_00), BY_GIFT_CARD])


def of_one_kettle(refund_to: RefundTo = RefundTo.ORIGINAL) -> LinePreview:
    settlement = Desk(KETTLES).refund(units("l1", 1), refund_to=refund_to)
    return LinePreview.of(settlement, "recall", RefundKind.REFUND_ONLY)


def test_a_line_says_what_goes_where_and_of_what() -> None:
    preview = of_one_kettle()

    assert (preview.currency, preview.total, preview.units) == ("CNY", 100_00, (("l1", 1),))
    assert preview.shares == (TenderShare("p1", "card", 75_00), TenderShare("p2", "gift_card", 25_00))


def test_what_becomes_credit_by_choice_is_counted_as_credit() -> None:
    preview = of_one_kettle(RefundTo.STORE_CREDIT)

    assert [share.method for share in preview.shares] == ["store_credit", "gift_card"]


def test_lines_are_summed_up_by_currency_tender_and_reason() -> None:
    one = of_one_kettle()
    dollars = replace(one, currency="USD", total=5_00, shares=(TenderShare("p1", "card", 5_00),), reason="changed_mind")
    another = replace(one, total=1_00, shares=(TenderShare("p1", "card", 1_00),), reason="changed_mind")

    cny, usd = totals([dollars, one, another])

    assert cny == BulkTotal(
        "CNY", 2, 101_00,
        (PartOfTotal("card", 2, 76_00), PartOfTotal("gift_card", 1, 25_00)),
        (PartOfTotal("changed_mind", 1, 1_00), PartOfTotal("recall", 1, 100_00)),
    )  # fmt: skip
    assert (usd.currency, usd.lines, usd.amount) == ("USD", 1, 5_00)
    assert totals([]) == ()


def test_a_line_that_comes_to_something_else_says_so() -> None:
    before = of_one_kettle()

    assert before.unlike(before) is None
    assert replace(before, total=1).unlike(before) == "it would come to ¥0.01 now, the preview said ¥100.00"
    assert "other payments" in str(replace(before, shares=()).unlike(before))


def test_nothing_runs_while_a_person_is_waited_for_or_when_all_is_over() -> None:
    assert {each for each in BulkStatus if each.moves_by_itself} == {
        BulkStatus.PREVIEWING, BulkStatus.GRACE, BulkStatus.RUNNING,
    }  # fmt: skip
