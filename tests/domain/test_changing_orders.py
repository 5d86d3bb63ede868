"""Whatever later snapshots say of an order, what refunds were worked out from stays (rule 57)."""

from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.money.amounts import Money
from domain.sale.arrivals import batches
from domain.sale.orders import OrderStatus
from domain.sale.snapshots import SnapshotRefused
from domain.sale.units import Units
from domain.settlement.settlement import Settlement
from tests.domain.builders import on
from tests.domain.generated_changes import read_without_figures
from tests.domain.playing import Step, play
from tests.domain.refund_desk import Desk
from tests.domain.strategies import AS_SOLD, desks, histories
from tests.domain.tapes import Tape

ON_ITS_WAY = [OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED]


def figures_of(desk: Desk) -> dict[tuple[str, Units], tuple[Money, Money, Money, int]]:
    """What the units of each claim were sold for."""
    claimed = [(desk.sale.line(claim.line_id), claim.units) for claim in desk.claims]
    return {
        (line.line_id, units): (line.gross_of(units), line.price_of(units), line.tax_of(units), line.points_of(units))
        for line, units in claimed
    }


def cut_up(units: Units) -> list[Units]:
    """Cut units in some parts, the first and the last of them alone."""
    most = units.count
    cuts = sorted({0, 1, most // 3, most // 2, max(most - 1, 0), most})
    return [units.first(end).without(units.first(start)) for start, end in pairwise(cuts)]


@given(desks(), histories())
def test_whatever_an_order_becomes_what_is_claimed_stays_as_it_was_sold(desk: Desk, steps: list[Step]) -> None:
    before = figures_of(desk)

    def check(desk: Desk) -> None:
        nonlocal before
        now = figures_of(desk)
        assert all(now[unit] == before[unit] for unit in now.keys() & before.keys())
        before = now

    play(desk, steps, after_each=check)


@given(desks(), histories())
def test_the_units_of_a_line_sum_to_the_line_however_often_it_changed(desk: Desk, steps: list[Step]) -> None:
    def check(desk: Desk) -> None:
        for line in (*desk.sale.lines, *desk.sale.extras):
            units = cut_up(line.all_units)
            assert sum(each.count for each in units) == line.quantity
            assert sum(line.gross_of(each).minor_units for each in units) == line.gross.minor_units
            assert sum(line.price_of(each).minor_units for each in units) == line.paid.minor_units
            assert sum(line.tax_of(each).minor_units for each in units) == line.tax.minor_units
            assert sum(line.points_of(each) for each in units) == line.points_spent
            off = [share.amount.minor_units for each in units for share in line.shares_of(each)]
            assert sum(off) == (line.gross - line.paid).minor_units

    play(desk, steps, after_each=check)


@given(desks(), histories())
def test_every_unit_came_in_one_parcel_or_in_none_however_often_its_order_changed(
    desk: Desk, steps: list[Step]
) -> None:
    def check(desk: Desk) -> None:
        came = batches(desk.order, desk.sale)
        for line in (*desk.sale.lines, *desk.sale.extras):
            of_line = [each.units for each in came[line.line_id]]
            assert Units.union(of_line) == line.all_units
            assert sum(each.count for each in of_line) == line.quantity

    play(desk, steps, after_each=check)


@given(desks(), histories())
def test_an_order_always_balances_and_keeps_its_owner_and_what_it_granted(desk: Desk, steps: list[Step]) -> None:
    first = desk.order

    def check(desk: Desk) -> None:
        now = desk.order
        extras = Money.total((extra.paid for extra in desk.sale.extras), now.currency)
        assert now.price == now.paid_and_owed == desk.sale.goods_paid + extras + desk.sale.shipping_paid
        assert (now.customer_id, now.is_sold) == (first.customer_id, True)
        assert first.paid_at in (now.paid_at, None)
        assert now.rewards[: len(first.rewards)] == first.rewards

    play(desk, steps, after_each=check)


@given(desks(), histories())
def test_times_never_go_back_a_delivery_stays_known_and_a_status_goes_back_with_a_newer_time_alone(
    desk: Desk, steps: list[Step]
) -> None:
    before = desk.order

    def check(desk: Desk) -> None:
        nonlocal before
        now = desk.order
        assert before.delivered_at is None or now.delivered_at is not None
        assert before.updated_at is None or (now.updated_at is not None and now.updated_at >= before.updated_at)
        if before.status in ON_ITS_WAY and now.status in ON_ITS_WAY and now.updated_at == before.updated_at:
            assert ON_ITS_WAY.index(now.status) >= ON_ITS_WAY.index(before.status)
        before = now

    play(desk, steps, after_each=check)


@given(desks(), histories(*AS_SOLD), st.binary(min_size=24, max_size=24))
def test_snapshots_that_move_no_figure_change_nothing_about_any_refund(
    desk: Desk, steps: list[Step], numbers: bytes
) -> None:
    """Of an order that was sent: before, it decides what comes back whether it is (rule 47)."""
    order = replace(desk.order, status=OrderStatus.DELIVERED, delivered_at=on(3))
    tape, desk, renamed = Tape(numbers), *(Desk(order, desk.policy, desk.shopper) for _ in range(2))

    def rename(desk: Desk) -> None:
        with suppress(SnapshotRefused):
            desk.put(read_without_figures(tape, desk.order))

    play(desk, steps)
    play(renamed, steps, after_each=rename)
    for one in (desk, renamed):
        one.refund_all_that_is_left()

    assert [_unnamed(each) for each in renamed.settled.values()] == [_unnamed(each) for each in desk.settled.values()]


def _unnamed(settlement: Settlement) -> Settlement:
    """A card that is named is the same payment."""
    payouts = (replace(each, payment=replace(each.payment, instrument="")) for each in settlement.payouts)
    return replace(settlement, payouts=tuple(payouts))


@given(desks(), histories())
def test_a_guest_who_bought_stays_known(desk: Desk, steps: list[Step]) -> None:
    """Whatever later snapshots leave out, the order says whom it was sold to, in one form the same."""
    first = desk.order.guest

    def check(desk: Desk) -> None:
        now = desk.order.guest
        assert (now and now.in_one_form.contact) == (first and first.in_one_form.contact)

    play(desk, steps, after_each=check)
