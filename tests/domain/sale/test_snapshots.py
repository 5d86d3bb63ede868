"""What a later snapshot of an order means (rule 57)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money.amounts import Money
from domain.sale.guests import Guest
from domain.sale.measures import Measure
from domain.sale.orders import DiscountSource, EarnedLot, Order, OrderReward, OrderStatus, RewardKind
from domain.sale.snapshots import SnapshotRefused, SnapshotStep, SnapshotTaken, differing, take
from tests.domain.builders import a_discount, a_line, a_parcel, an_order, cny, on

PAID, SHIPPED, DELIVERED = OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.DELIVERED
CREDIT = OrderReward(RewardKind.STORE_CREDIT, None, cny(5))


def sold(status: OrderStatus = DELIVERED, updated_at: datetime | None = None, **changes: object) -> Order:
    """An order that is booked, of one kettle at 100.00."""
    known = replace(an_order([a_line()]), status=status, updated_at=updated_at)
    return replace(known, **changes)  # type: ignore[arg-type]


def dearer(order: Order) -> Order:
    (line,), (payment,) = order.lines, order.payments
    line, payment = replace(line, unit_price=cny(120_00)), replace(payment, amount=cny(120_00))
    return replace(order, lines=(line,), payments=(payment,))


def after(known: Order, came: Order) -> SnapshotTaken:
    return take(known, came, is_booked=True)


def test_the_first_snapshot_is_taken_as_it_is() -> None:
    came = sold()

    assert take(None, came, is_booked=False) == SnapshotTaken(came, SnapshotStep.NEW)


def test_an_order_never_changes_its_owner_however_new_the_snapshot_is() -> None:
    known = sold(updated_at=on(1))

    for updated_at in (None, on(1), on(2)):
        with pytest.raises(SnapshotRefused, match="belongs to another customer"):
            after(known, replace(known, customer_id="c2", updated_at=updated_at))


def test_a_late_shipped_snapshot_takes_no_delivery_away() -> None:
    known = sold(DELIVERED, delivered_at=on(3))

    late = after(known, replace(known, status=SHIPPED, delivered_at=None))

    assert late == SnapshotTaken(known, SnapshotStep.KNOWN)


def test_a_newer_snapshot_may_set_the_status_back_and_the_delivery_stays_known() -> None:
    known = sold(DELIVERED, updated_at=on(3), delivered_at=on(3))

    newer = after(known, replace(known, status=SHIPPED, delivered_at=None, updated_at=on(4)))

    assert newer.order == replace(known, status=SHIPPED, updated_at=on(4))


def test_an_order_goes_forward_and_a_delivery_may_be_corrected() -> None:
    known = sold(SHIPPED)

    delivered = after(known, replace(known, status=DELIVERED, delivered_at=on(5))).order
    corrected = after(delivered, replace(delivered, delivered_at=on(6))).order

    assert delivered.status is DELIVERED and corrected.delivered_at == on(6)


def test_a_cancellation_after_the_sale_is_taken() -> None:
    assert after(sold(PAID), sold(OrderStatus.CANCELLED)).order.status is OrderStatus.CANCELLED


def test_an_older_snapshot_changes_nothing_whatever_it_says() -> None:
    known = sold(updated_at=on(5))

    assert after(known, replace(dearer(known), updated_at=on(4))) == SnapshotTaken(known, SnapshotStep.OLDER)


def test_the_same_snapshot_again_is_known() -> None:
    known = sold(updated_at=on(5))

    assert after(known, known) == SnapshotTaken(known, SnapshotStep.KNOWN)


@pytest.mark.parametrize("is_booked", [True, False])
def test_the_same_time_with_another_body_is_refused(is_booked: bool) -> None:
    known = sold(updated_at=on(5))

    with pytest.raises(SnapshotRefused, match="the same updated_at"):
        take(known, replace(known, metadata=(("shop", "7"),)), is_booked=is_booked)


def test_an_order_that_is_not_booked_yet_may_be_anything() -> None:
    known = sold(OrderStatus.PLACED, paid_at=None)

    assert take(known, dearer(sold(PAID)), is_booked=False) == SnapshotTaken(dearer(sold(PAID)), SnapshotStep.KNOWN)


def test_a_booked_order_is_not_placed_again() -> None:
    with pytest.raises(SnapshotRefused, match="its status can't be placed any more"):
        after(sold(), sold(OrderStatus.PLACED))


def test_what_a_booked_order_came_to_changes_only_with_a_newer_time() -> None:
    known = sold(updated_at=on(5))

    with pytest.raises(SnapshotRefused, match="lines, payments can't change without a newer updated_at"):
        after(known, replace(dearer(known), updated_at=None))
    assert after(known, replace(dearer(known), updated_at=on(6))).step is SnapshotStep.RESOLD
    assert after(sold(), replace(dearer(sold()), updated_at=on(6))).step is SnapshotStep.RESOLD


def test_a_new_name_or_card_is_a_version_in_which_no_figure_moves() -> None:
    known = sold(updated_at=on(5))
    named = replace(known, lines=(replace(known.lines[0], name="Kettle, blue", sku="K-2"),), updated_at=on(6))
    carded = replace(known, payments=(replace(known.payments[0], instrument="card-2"),), updated_at=on(6))

    assert after(known, named).step is after(known, carded).step is SnapshotStep.RENAMED


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"paid_at": on(2)}, "paid_at can't change any more"),
        ({"rewards": ()}, "rewards that it granted"),
        ({"rewards": (OrderReward(RewardKind.STORE_CREDIT, None, cny(6)),)}, "rewards that it granted"),
        ({"points_earned": 9, "earned_lots": (EarnedLot(7, ("l1",)), EarnedLot(2))}, "terms of points_earned"),
        ({"points_earned": 9, "earned_lots": ()}, "terms of points_earned"),
    ],
)
def test_what_a_booked_order_granted_and_when_it_was_paid_stays(change: dict[str, object], told: str) -> None:
    known = sold(rewards=(CREDIT,), points_earned=9, earned_lots=(EarnedLot(7), EarnedLot(2)))

    with pytest.raises(SnapshotRefused, match=told):
        after(known, replace(known, updated_at=on(6), **change))  # type: ignore[arg-type]


def test_points_that_were_earned_as_a_number_stay_one() -> None:
    known = sold(points_earned=9)

    with pytest.raises(SnapshotRefused, match="terms of points_earned"):
        after(known, replace(known, updated_at=on(6), earned_lots=(EarnedLot(9),)))
    assert after(known, replace(known, updated_at=on(6), points_earned=10)).step is SnapshotStep.RESOLD
    assert after(sold(), replace(sold(), updated_at=on(6), points_earned=9, earned_lots=(EarnedLot(9),)))


@pytest.mark.parametrize(
    "change",
    [
        {"points_earned": 12, "earned_lots": (EarnedLot(8), EarnedLot(2), EarnedLot(2))},
        {"rewards": (CREDIT, CREDIT)},
        {"discounts": (a_discount(0, source=DiscountSource.COUPON, source_id="k1"),)},
        {"discounts": (a_discount(0, source=DiscountSource.POINTS, points=3),)},
    ],
)
def test_what_a_booked_order_used_earned_and_grants_more_may_change(change: dict[str, object]) -> None:
    known = sold(rewards=(CREDIT,), points_earned=9, earned_lots=(EarnedLot(7), EarnedLot(2)))

    assert after(known, replace(known, updated_at=on(6), **change)).step is SnapshotStep.RESOLD  # type: ignore[arg-type]


def test_a_discount_of_money_alone_may_come_later() -> None:
    known = sold()
    off = replace(known, discounts=(a_discount(10_00),), updated_at=on(6))

    assert after(known, off).step is SnapshotStep.RESOLD


MOMENTS = st.none() | st.integers(1, 5).map(lambda day: on(day))
SNAPSHOTS = st.lists(st.tuples(st.sampled_from([PAID, SHIPPED, DELIVERED]), MOMENTS, MOMENTS), max_size=6)


@given(SNAPSHOTS)
def test_in_whatever_order_snapshots_come_a_delivery_stays_known_and_times_never_go_back(
    came: list[tuple[OrderStatus, datetime | None, datetime | None]],
) -> None:
    known = sold(PAID, delivered_at=None)
    for status, delivered_at, updated_at in came:
        snapshot = sold(status, updated_at, delivered_at=delivered_at)
        try:
            taken = after(known, snapshot).order
        except SnapshotRefused:
            continue
        assert known.delivered_at is None or taken.delivered_at is not None
        assert known.updated_at is None or (taken.updated_at or on(1)) >= known.updated_at
        assert Money.total((each.amount for each in taken.payments), "CNY") == cny(100_00)
        known = taken


def test_a_snapshot_a_moment_newer_is_newer() -> None:
    known = sold(updated_at=on(5))

    assert after(known, replace(known, updated_at=on(5) + timedelta(microseconds=1))).step is SnapshotStep.KNOWN


# Guests


A, SHOUTED = Guest("a@example.com", "+8613800000000", "zh-CN"), Guest(" A@EXAMPLE.com ", "+8613800000000", "zh-CN")


def test_a_guest_is_the_same_however_the_email_is_written() -> None:
    known = sold(updated_at=on(5), guest=A)

    assert after(known, replace(known, guest=SHOUTED)).step is SnapshotStep.KNOWN


def test_an_order_that_was_given_to_a_customer_may_name_either_of_them() -> None:
    known = sold(updated_at=on(5), guest=A)

    as_the_customers = after(known, replace(known, guest=None))

    assert as_the_customers == SnapshotTaken(known, SnapshotStep.KNOWN)
    assert after(sold(updated_at=on(5)), known).order == known


def test_a_guest_with_another_phone_needs_a_newer_time_and_sells_nothing_differently() -> None:
    known = sold(updated_at=on(5), guest=A)
    moved = replace(known, guest=replace(A, phone="+8613900000000"))

    with pytest.raises(SnapshotRefused, match="the same updated_at"):
        after(known, moved)
    newer = after(known, replace(moved, updated_at=on(6)))
    assert newer == SnapshotTaken(replace(moved, updated_at=on(6)), SnapshotStep.KNOWN)
    (line,) = known.lines
    renamed = replace(moved, lines=(replace(line, name="Teapot"),), updated_at=on(6))
    assert after(known, renamed).step is SnapshotStep.RENAMED


# What is paid later (rule 50)


def owing() -> Order:
    return sold(payments=(), owed=cny(100_00), paid_at=None)


def test_what_was_sold_before_it_was_paid_may_say_when_it_was_paid() -> None:
    known = owing()
    paid = replace(known, payments=sold().payments, owed=None, paid_at=on(5), updated_at=on(5))

    assert after(known, paid) == SnapshotTaken(paid, SnapshotStep.RESOLD)
    with pytest.raises(SnapshotRefused, match="paid_at, payments, owed can't change without a newer updated_at"):
        after(known, replace(paid, updated_at=None))


def test_when_it_was_placed_it_was_sold_so_that_is_a_figure_until_it_is_paid() -> None:
    known = owing()
    placed = replace(known, placed_at=on(2))

    with pytest.raises(SnapshotRefused, match="placed_at can't change without a newer updated_at"):
        after(known, placed)
    assert after(known, replace(placed, updated_at=on(5))).step is SnapshotStep.RESOLD


def test_what_is_known_to_be_paid_does_not_become_unpaid() -> None:
    known = sold(updated_at=on(1))

    with pytest.raises(SnapshotRefused, match="paid_at can't change any more"):
        after(known, replace(known, payments=(), owed=cny(100_00), paid_at=None, updated_at=on(2)))


def test_what_another_snapshot_says_differently_is_named_and_a_guest_is_one_in_any_spelling() -> None:
    anna = sold(customer_id=None, guest=Guest("anna@shop.example", "+8613800138000"))

    assert differing(anna, anna) == []
    assert differing(anna, replace(anna, guest=Guest("Anna@SHOP.example", "+8613800138000"))) == []
    assert differing(anna, replace(anna, guest=Guest("anna@shop.example"))) == ["guest"]
    assert set(differing(anna, dearer(anna))) == {"lines", "payments"}
    assert set(differing(anna, replace(anna, customer_id="c9", guest=None))) == {"customer_id", "guest"}


@pytest.mark.parametrize(
    "changes",
    [
        {"status": DELIVERED},
        {"placed_at": on(1)},
        {"delivered_at": on(9)},
        {"metadata": (("shelf", "4"),)},
        {"shipments": (a_parcel("s1", {"l1": 400}),)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_another_name_is_a_name_whatever_moves_no_figure_beside_it(changes: dict[str, object]) -> None:
    grapes = replace(a_line(400, 25), measure=Measure("kg"), unit_price=None, total=cny(100_00))
    known = replace(an_order([grapes]), status=SHIPPED, updated_at=on(1), delivered_at=None, placed_at=on(2))
    line = replace(known.lines[0], name="Grapes", category="fruit", measure=Measure("kg", is_text=False))

    came = replace(known, lines=(line,), updated_at=on(10), **changes)  # type: ignore[arg-type]

    assert after(known, came).step is SnapshotStep.RENAMED
