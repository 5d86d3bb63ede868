"""A refund that is rejected, cancelled or expires leaves no trace in anything (rule 6)."""

from hypothesis import given

from domain.claims.claims import ClaimState
from domain.claims.reasons import Reason
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import desks, histories


def has_something_left(desk: Desk) -> bool:
    return any(desk.position.line(line.line_id).claim_rest() for line in desk.sale.lines)


def everything(desk: Desk) -> tuple[object, ...]:
    """What can be seen of an order and its customer, with what any further refund would come to."""
    left = tuple(desk.position.line(line.line_id).left for line in desk.sale.lines)
    quote = desk.quote(reason=Reason.DELIVERY_ERROR) if has_something_left(desk) else desk.quote_nothing()
    return desk.position, desk.customer, desk.entitlements, left, quote


@given(desks(), histories())
def test_a_refund_that_is_refused_leaves_no_trace_in_anything(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    before = everything(desk)
    if has_something_left(desk):
        for is_settled in (False, True):
            refused = desk.request(reason=Reason.QUALITY_ISSUE, include_shipping=True, goods_come_back=True)
            if is_settled:
                desk.settle(refused)
            desk.release(refused)

    assert everything(desk) == before


@given(desks(), histories())
def test_refusing_all_that_is_under_way_leaves_only_what_was_paid(desk: Desk, steps: list[Step]) -> None:
    play(desk, steps)
    paid = {refund_id: desk.settled[refund_id] for refund_id in desk.refunds_in(ClaimState.PAID)}

    for refund_id in desk.refunds_in(ClaimState.CLAIMED, ClaimState.SETTLED):
        desk.release(refund_id)

    assert desk.settled == paid
    assert [refund.refund_id for refund in desk.position.refunds] == list(paid)
    assert desk.claims == [claim for refund_id in paid for claim in desk.claims_of(refund_id)]
