"""Lines of one refund may have reasons of their own; every rule asks what they stand for (rules 8, 9, 33 and 55)."""

from dataclasses import replace

from hypothesis import assume, given

from domain.claims.positions import LineRequest
from domain.claims.reasons import GivenReason, Reason
from domain.claims.sold_for_good import kept_from_return
from domain.explain.explanations import Figure, Named, Phrase
from domain.explain.messages import Catalogue
from domain.explain.sentences import sentence
from domain.policy import AutoApprove, Policy, ShippingRefund
from domain.rights.review import ByRule, ReviewRule, Verdict, WaitsBecause, judge
from domain.rights.risk import Risk
from domain.settlement.settlement import Settlement
from tests.domain.builders import a_line, an_order, cny, money_only, units
from tests.domain.languages import LANGUAGES
from tests.domain.refund_desk import Desk
from tests.domain.strategies import desks, reasons

CHANGED_MIND, QUALITY_ISSUE = Reason.CHANGED_MIND, Reason.QUALITY_ISSUE
FEES = Policy(restocking_fee_bp=1_000, return_shipping_fee=8_00)


def a_desk(policy: Policy = FEES) -> Desk:
    return Desk(an_order([a_line(1, 100_00), a_line(1, 50_00)], shipping=12_00), policy)


def both(desk: Desk, accepted: dict[str, int] | None = None, **own: Reason) -> Settlement:
    """Send both lines back, worn, because the customer changed their mind, unless a line says otherwise."""
    refund = desk.request(units("l1", 1), units("l2", 1), goods_come_back=True, line_reasons=own)
    return desk.settle(refund, accepted, lesser={"l1": 1, "l2": 1})


def fees(settlement: Settlement) -> dict[str, int]:
    return {fee.kind: fee.amount.minor_units for fee in settlement.fees}


# Fees


def test_a_restocking_fee_is_kept_only_of_the_lines_for_which_the_customer_changed_their_mind() -> None:
    settlement = both(a_desk(), l1=QUALITY_ISSUE)

    assert fees(settlement)["restocking"] == 5_00
    assert settlement.fees[0].at_most == cny(5_00)


def test_a_parcel_with_a_faulty_thing_in_it_has_no_fee_for_its_way_back() -> None:
    assert fees(both(a_desk(), l1=QUALITY_ISSUE)) == {"restocking": 5_00}
    assert fees(both(a_desk())) == {"restocking": 15_00, "return_shipping": 8_00}
    assert fees(both(a_desk(), l1=QUALITY_ISSUE, l2=Reason.DELIVERY_ERROR)) == {}


def test_a_fee_that_was_not_quoted_does_not_come_up_where_the_inspection_refuses_the_faulty_thing() -> None:
    assert fees(both(a_desk(), {"l1": 0, "l2": 1}, l1=QUALITY_ISSUE)) == {"restocking": 5_00}


def test_money_off_a_faulty_thing_does_not_pay_for_the_parcel_of_another() -> None:
    desk = a_desk()
    refund = desk.request(
        money_only("l1", 10_00), units("l2", 1), goods_come_back=True, line_reasons={"l1": QUALITY_ISSUE}
    )

    assert fees(desk.settle(refund)) == {"restocking": 0, "return_shipping": 8_00}


# Shipping


def test_of_several_reasons_the_one_decides_about_shipping_that_is_best_for_the_customer() -> None:
    settlement = a_desk().refund(units("l1", 1), units("l2", 1), line_reasons={"l2": QUALITY_ISSUE})
    part = a_desk().refund(units("l1", 1), reason=QUALITY_ISSUE, line_reasons={"l1": CHANGED_MIND})

    assert (settlement.shipping, part.shipping) == (cny(12_00), cny(0))
    (why,) = (each for each in settlement.explanations if each.figure is Figure.SHIPPING)
    assert (why.phrase, why.about) == (Phrase.SHIPPING_FIRST_UNITS, QUALITY_ISSUE)


def test_money_off_another_line_has_no_word_on_shipping() -> None:
    settlement = a_desk().refund(money_only("l1", 10_00), units("l2", 1), line_reasons={"l1": QUALITY_ISSUE})

    assert settlement.shipping == cny(0)


def test_a_text_calls_the_reason_as_the_merchant_does_and_else_as_everybody_does() -> None:
    never = Policy(shipping_refund=dict.fromkeys(Reason, ShippingRefund.NEVER))
    (why,) = (each for each in a_desk(never).refund().explanations if each.figure is Figure.SHIPPING)
    english, chinese = (Catalogue(LANGUAGES).phrases(locale) for locale in ("en", "zh-CN"))

    assert sentence(why, english) == "No shipping: it does not come back for this reason: a change of mind."
    assert sentence(why, chinese) == "不含运费：退款原因为不想要了，不退还运费。"
    assert (
        sentence(why, chinese, {(Named.REASON, CHANGED_MIND): "尺码偏小"})
        == "不含运费：退款原因为“尺码偏小”，不退还运费。"
    )


# Review


def judged(*given_reasons: GivenReason, policy: Policy | None = None) -> Verdict:
    so_far = ByRule(cny(0), cny(0))
    return judge(policy or Policy(), given_reasons, cny(1_00), so_far, Risk(0, ()), in_window=True)


def test_a_refund_is_approved_by_rule_only_if_the_policy_lists_what_every_reason_stands_for() -> None:
    torn, small = GivenReason("torn", QUALITY_ISSUE), GivenReason("too_small", CHANGED_MIND)
    everything = Policy(auto_approve=AutoApprove(tuple(Reason)))

    assert judged(torn).rule is ReviewRule.MERCHANT_FAULT
    assert judged(torn, small).waits_because == (WaitsBecause.REASON_NOT_LISTED,)
    assert judged(torn, small).sentences == ("the policy approves no changed_mind by rule (too_small)",)
    assert judged(torn, small, policy=everything).rule is ReviewRule.LISTED_REASON
    nothing = replace(everything, auto_approve=AutoApprove(()))
    assert judged(torn, small, policy=nothing).sentences == (
        "the policy approves no quality_issue by rule (torn); the policy approves no changed_mind by rule (too_small)",
    )


# For all orders


def _all_that_can_come_back(desk: Desk) -> list[LineRequest]:
    kept = kept_from_return(desk.order, CHANGED_MIND)
    lines = [each for each in desk.order.lines if each.line_id not in kept and each.is_unit]
    assume(lines)
    return [LineRequest(each.line_id, each.quantity, None) for each in lines]


@given(desks(), reasons, reasons)
def test_a_refund_of_which_every_line_says_one_reason_comes_to_what_it_does_with_that_reason(
    desk: Desk, of_refund: Reason, of_lines: Reason
) -> None:
    wanted = _all_that_can_come_back(desk)
    own = {each.line_id: of_lines for each in wanted}

    said_by_lines = desk.request(*wanted, reason=of_refund, goods_come_back=True, line_reasons=own)
    one = desk.settle(said_by_lines)
    desk.release(said_by_lines)
    other = desk.settle(desk.request(*wanted, reason=of_lines, goods_come_back=True))

    assert one == other


@given(desks(), reasons, reasons)
def test_reasons_of_two_lines_never_pay_less_than_a_change_of_mind_for_both(
    desk: Desk, first: Reason, other: Reason
) -> None:
    wanted = _all_that_can_come_back(desk)
    usual = dict.fromkeys(Reason, ShippingRefund.ALWAYS) | {CHANGED_MIND: ShippingRefund.FULL_RETURN}
    desk.policy = replace(desk.policy, shipping_refund=usual)

    def comes_to(*said: Reason) -> int:
        own = {each.line_id: said[place % len(said)] for place, each in enumerate(wanted)}
        refund = desk.request(*wanted, goods_come_back=True, line_reasons=own)
        total = desk.settle(refund).total.minor_units
        desk.release(refund)
        return total

    assert comes_to(CHANGED_MIND) <= comes_to(first, other)
