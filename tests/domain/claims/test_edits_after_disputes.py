"""Orders change although a bank was asked about their payments, or has taken of them (rules 52 and 57)."""

from dataclasses import replace

import pytest

from domain.claims.standing import StandsInTheWay
from domain.sale.disputes import DisputeStatus
from domain.sale.orders import OrderReward, RewardKind, Shipping
from domain.sale.payments import Payment, PaymentStatus
from domain.sale.snapshots import SnapshotStep
from tests.domain.builders import a_line, a_payment, an_order, cny, units
from tests.domain.edited_orders import refuse, sold_as, total_of
from tests.domain.entitlements.test_grants import granted_credit
from tests.domain.refund_desk import Desk
from tests.domain.shoppers import Shopper

PAYMENT, MORE = a_payment("card", 100_00), a_payment("more", 20_00)
KETTLE, CUP, POT = a_line(1, 60_00, line_id="l1"), a_line(1, 40_00, line_id="l2"), a_line(1, 20_00, line_id="l3")


def bought(points_earned: int = 0) -> Desk:
    return Desk(an_order([KETTLE, CUP], points_earned=points_earned))


def less(desk: Desk, amount: int) -> Payment:
    """What the card would be of, where the rest is paid by another one."""
    return replace(desk.order.payments[0], amount=cny(amount))


def paid_otherwise(desk: Desk, amount: int) -> StandsInTheWay:
    others = (a_payment("other", 100_00 - amount),)
    return refuse(desk, sold_as(desk, payments=(less(desk, amount), *others)), "of it is disputed")


# While the bank is asked


@pytest.mark.parametrize("status", [DisputeStatus.WARNING, DisputeStatus.OPENED])
def test_a_payment_never_goes_below_what_is_disputed_of_it(status: DisputeStatus) -> None:
    desk = bought()
    desk.open_dispute("card", cny(50_00), status)

    refused = paid_otherwise(desk, 49_99)

    assert (refused.refund_id, refused.dispute_id) == (None, "dp1")
    assert "Dispute 'dp1' stands in the way: what the bank took, or is asked about" in str(refused)
    assert "payment 'card' would be of 4999, 5000 of it is disputed" in str(refused)
    desk.put(sold_as(desk, payments=(less(desk, 50_00), a_payment("other", 50_00))))
    desk.open_dispute("card", cny(50_00))


def test_what_is_disputed_stays_although_a_refund_has_claimed_something_too() -> None:
    desk = bought()
    desk.open_dispute("card", cny(50_00))
    desk.request(units("l2", 1))

    assert paid_otherwise(desk, 45_00).dispute_id == "dp1"


def test_a_disputed_payment_is_not_gone_nor_another_nor_one_that_is_not_captured() -> None:
    desk = bought()
    desk.open_dispute("card", cny(1_00))
    others = [
        (a_payment("other", 100_00),),
        (replace(PAYMENT, gateway_ref="ch_2"),),
        (replace(PAYMENT, status=PaymentStatus.AUTHORIZED),),
        (less(desk, 0), a_payment("other", 100_00)),
    ]

    for payments in others:
        assert refuse(desk, sold_as(desk, payments=payments), "'card' would be gone, or another").dispute_id == "dp1"


def test_what_was_taken_and_what_is_asked_about_beside_it_count_together_and_a_warning_by_itself() -> None:
    desk = bought()
    desk.open_dispute("card", cny(50_00), DisputeStatus.WARNING)
    desk.lose_dispute("card", cny(30_00))
    desk.open_dispute("card", cny(20_00))

    refused = paid_otherwise(desk, 49_99)

    assert refused.dispute_id == "dp2"
    desk.put(sold_as(desk, payments=(less(desk, 50_00), a_payment("other", 50_00))))


def test_a_dispute_in_the_payments_own_currency_is_held_against_what_was_captured_in_it() -> None:
    euros = replace(a_payment("card", 13_00, currency="EUR"), order_amount=cny(100_00), rate="7.6923")
    desk = Desk(an_order([KETTLE, CUP], payments=[euros]))
    desk.open_dispute("card", euros.amount.like(6_50))
    most, few = (replace(euros, amount=euros.amount.like(own), order_amount=cny(50_00)) for own in (6_50, 6_49))
    other = a_payment("other", 50_00)

    assert refuse(desk, sold_as(desk, payments=(few, other)), "of 5000, 5008 of it is disputed").dispute_id == "dp1"
    assert desk.put(sold_as(desk, payments=(most, other))) is SnapshotStep.RESOLD


def test_a_payment_in_another_currency_is_less_by_its_worth_or_by_what_was_captured() -> None:
    euros = replace(a_payment("card", 13_00, currency="EUR"), order_amount=cny(100_00), rate="7.6923")
    worth_less = replace(euros, order_amount=cny(45_00), rate="3.4615")
    captured_less = replace(euros, amount=euros.amount.like(6_00), rate="16.6667")
    desk, other = Desk(an_order([KETTLE, CUP], payments=[euros])), a_payment("other", 55_00)
    asked_in_euros = Desk(an_order([KETTLE, CUP], payments=[euros]))

    desk.open_dispute("card", cny(50_00))
    asked_in_euros.open_dispute("card", euros.amount.like(6_50))

    refuse(desk, sold_as(desk, payments=(worth_less, other)), "would be of 4500, 5000 of it is disputed")
    refuse(asked_in_euros, sold_as(desk, payments=(captured_less,)), "would be of 10000, 10834 of it is disputed")


def test_what_is_not_made_less_may_change_whatever_is_disputed_of_it() -> None:
    desk = bought()
    desk.open_dispute("card", cny(500_00))
    desk.open_dispute("unknown", cny(5_00))

    assert desk.put(sold_as(desk, [KETTLE, CUP, POT])) is SnapshotStep.RESOLD


# After the bank has decided


def test_after_a_lost_dispute_a_line_is_added_and_all_of_it_comes_back_but_what_the_bank_took() -> None:
    desk = bought()
    taken = desk.lose_dispute("card", cny(50_00))

    desk.put(sold_as(desk, [KETTLE, CUP, POT], payments=(PAYMENT, MORE)))
    rest = desk.refund()

    assert taken is not None and taken.total == cny(50_00)
    assert {each.payment.payment_id: each.amount for each in rest.payouts} == {"card": cny(50_00), "more": cny(20_00)}
    assert total_of(desk) == desk.order.captured == cny(120_00)
    assert rest.completes_order


def test_a_line_never_goes_below_what_the_bank_took_of_it() -> None:
    desk = bought()
    desk.lose_dispute("card", cny(50_00))

    cheap = [replace(KETTLE, unit_price=cny(29_99)), CUP, replace(POT, unit_price=cny(30_01))]
    refused = refuse(desk, sold_as(desk, cheap), "line 'l1' would come to less than was given back of it")
    without = refuse(desk, sold_as(desk, [CUP, replace(POT, unit_price=cny(60_00))]), "line 'l1' would be gone")

    assert {(each.refund_id, each.dispute_id) for each in (refused, without)} == {("r1", "dp1")}
    assert "Dispute 'dp1' (refund r1) stands in the way" in str(without)
    exact = [replace(KETTLE, unit_price=cny(30_00)), CUP, replace(POT, unit_price=cny(30_00))]
    assert desk.put(sold_as(desk, exact)) is SnapshotStep.RESOLD
    assert desk.refund().total == cny(50_00)


def test_a_payment_never_goes_below_what_the_bank_took_of_it() -> None:
    desk = bought()
    desk.lose_dispute("card", cny(50_00))

    assert paid_otherwise(desk, 49_99).dispute_id == "dp1"


def test_a_unit_that_came_back_for_less_stays_so_and_pays_the_rest_when_the_dispute_is_won() -> None:
    desk = bought()
    desk.lose_dispute("card", cny(50_00))
    returned = desk.refund(units("l1", 1))

    desk.put(sold_as(desk, [KETTLE, CUP, POT], payments=(PAYMENT, MORE)))
    desk.release(desk.losses[-1])
    owed, rest = desk.position.line("l1").owed_for_units, desk.refund()

    assert (returned.total, owed) == (cny(30_00), cny(30_00))
    assert rest.total == cny(90_00) and total_of(desk) == desk.order.captured


def test_of_what_was_earned_the_loss_keeps_its_share_and_the_rest_goes_with_the_rest() -> None:
    desk = bought(points_earned=100)
    taken = desk.lose_dispute("card", cny(50_00))

    desk.put(sold_as(desk, [KETTLE, CUP, POT], payments=(PAYMENT, MORE), points_earned=120))
    parts = [desk.refund(units(line_id, 1)) for line_id in ("l3", "l1", "l2")]

    assert taken is not None and taken.points.clawed_back == 50
    assert sum(each.points.clawed_back for each in parts) == 70
    fewer = sold_as(desk, payments=desk.order.payments, points_earned=119)
    assert refuse(desk, fewer, "nothing would take points back").refund_id == "r2"


def test_where_less_is_due_than_the_loss_took_nothing_is_given_back_and_nothing_taken_until_it_is() -> None:
    desk = bought(points_earned=100)
    desk.lose_dispute("card", cny(50_00))

    lines = [replace(KETTLE, quantity=4), CUP]
    desk.put(sold_as(desk, lines, payments=(PAYMENT, a_payment("more", 180_00)), points_earned=110))
    taken = [desk.refund(units(*wanted)).points.clawed_back for wanted in (("l1", 1), ("l1", 3), ("l2", 1))]

    assert taken == [0, 52, 8]


def test_credit_that_the_order_granted_goes_once_whatever_is_added_between_a_loss_and_its_return() -> None:
    credit = OrderReward(RewardKind.STORE_CREDIT, None, cny(10_00), line_ids=("l1", "l2"))
    shopper = Shopper(grants=(granted_credit(10_00, for_lines=["l1", "l2"]),), store_credit=10_00)
    desk = Desk(replace(an_order([KETTLE, CUP]), rewards=(credit,)), None, shopper)
    desk.lose_dispute("card", cny(50_00))

    desk.put(sold_as(desk, [KETTLE, CUP, POT], payments=(PAYMENT, MORE)))
    desk.refund()

    assert [[each.taken for each in settled.grants] for settled in desk.settled.values()] == [[cny(5_00)], [cny(5_00)]]


def test_shipping_that_the_bank_took_is_there_still() -> None:
    desk = Desk(an_order([KETTLE], shipping=10_00))
    desk.request(units("l1", 1))
    desk.lose_dispute("card", cny(8_00))

    refused = refuse(desk, sold_as(desk, shipping=Shipping(cny(7_99), cny(0))), "shipping would come to less")
    assert refused.dispute_id == "dp1"
    assert desk.put(sold_as(desk, shipping=Shipping(cny(8_00), cny(0)))) is SnapshotStep.RESOLD


def test_a_change_whose_payment_is_less_after_a_dispute_was_won_is_like_any_other() -> None:
    desk = bought()
    desk.lose_dispute("card", cny(50_00))
    desk.release(desk.losses[-1])

    assert desk.put(sold_as(desk, payments=(less(desk, 10_00), a_payment("other", 90_00)))) is SnapshotStep.RESOLD
