"""An order that changes while refunds of it stand: what they have claimed stays as it was sold to them (rule 57)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from domain.claims.dispute_edits import check_disputes
from domain.claims.live_refunds import LiveRefund
from domain.claims.payment_edits import check_payments
from domain.claims.positions import OrderPosition
from domain.claims.shipping import ShippingBack, ShippingPart, shipping_parts
from domain.claims.standing import StandsInTheWay, in_the_way, with_its_dispute
from domain.money.amounts import Money
from domain.sale.disputes import Dispute
from domain.sale.measures import Measure
from domain.sale.orders import DiscountSource, DiscountTarget, Order, OrderLine
from domain.sale.sales import KeptFiguresChanged, Sale, SoldLine, book
from domain.sale.sold_units import SoldUnits
from domain.sale.units import Units


def sell_differently(position: OrderPosition, came: Order, disputes: Sequence[Dispute]) -> Sale:
    """Book an order as it is sold now; units that live refunds have claimed stay as they were sold, to the cent.

    All others carry the rest of every figure, so what all of it comes to when it is returned is what was captured.
    Raises StandsInTheWay where the order would come to less than what refunds claim or have given back, or what
    `disputes` are about or have taken, or would sell claimed units for something else; and RefundRejected
    (`order_does_not_balance`, `discount_exceeds_lines`).
    """
    check_disputes(position.order, came, disputes)
    if not position.refunds:
        return book(came)
    try:
        return _sold_beside_refunds(position, came)
    except StandsInTheWay as refused:
        raise with_its_dispute(refused, disputes) from refused


def _sold_beside_refunds(position: OrderPosition, came: Order) -> Sale:
    _check_what_can_not_follow(position, came)
    try:
        kept = dict(_kept(position, came))
        changed = OrderPosition(came, book(came, kept), position.refunds)
        _check_lines(changed)
    except KeptFiguresChanged as refused:
        raise in_the_way(position, _of_line(position, refused.line_id), str(refused)) from refused
    check_payments(position, changed)
    _check_parcels(position, changed)
    _check_order(position, changed)
    _check_entitlements(position, changed)
    return changed.sale


def refuse_less_than_asked(changed: OrderPosition, asked: Mapping[str, Sequence[tuple[str, Money]]]) -> None:
    """Raise StandsInTheWay where less is left of an extra than a refund asks of it that is not settled (rule 47)."""
    extras = {extra.line_id: extra for extra in changed.sale.extras}
    for refund_id, wanted in asked.items():
        for line_id, amount in wanted:
            if line_id not in extras or amount.exceeds(changed.extra_left(extras[line_id]).amount):
                why = f"less would be left of line {line_id!r} than is asked of it"
                raise StandsInTheWay(changed.order.order_id, why, refund_id=refund_id)


def renamed(sale: Sale, order: Order) -> Sale:
    """Call what was sold as the order calls it now; no figure moves."""
    by_id = {line.line_id: line for line in order.lines}

    def called(sold: SoldLine) -> SoldLine:
        line = by_id[sold.line_id]
        return replace(sold, sku=line.sku, name=line.name, measure=line.measure)

    return replace(sale, lines=tuple(map(called, sale.lines)), extras=tuple(map(called, sale.extras)))


# What can't follow


def _check_what_can_not_follow(position: OrderPosition, came: Order) -> None:
    """Refuse what no refund could keep to: tax below zero, fewer units of what is in parcels."""
    refunds = position.refunds
    if any(line.is_below_zero and line.tax for line in (*position.order.lines, *came.lines)):
        raise in_the_way(position, refunds, "a line below zero lowers the tax of all others")
    bought = {line.line_id: line.quantity for line in came.lines}
    for claim in (claim for refund in refunds for claim in refund.claims if claim.units.ranges):
        is_fewer = bought.get(claim.line_id, 0) < position.sale.line(claim.line_id).quantity
        if came.shipments and is_fewer and claim.units.ranges[-1][1] > bought.get(claim.line_id, 0):
            why = f"fewer units of line {claim.line_id!r} would be in its parcels"
            raise in_the_way(position, _of_line(position, claim.line_id), why)


# What stays


def _kept(position: OrderPosition, came: Order) -> Iterator[tuple[str, tuple[SoldUnits, ...]]]:
    """Cut what refunds have claimed out of each line, with its figures, for the discounts as they are placed now."""
    places = _places(position.order, came)
    lines = {line.line_id: line for line in came.lines}
    for sold in (*position.sale.lines, *position.sale.extras):
        taken = _taken(position, sold)
        if not taken:
            continue
        if sold.line_id not in lines:
            raise KeptFiguresChanged(sold.line_id, f"line {sold.line_id!r} would be gone")
        _refuse_another(sold, lines[sold.line_id])
        pieces = (part.units.within(units) for units in taken for part in sold.parts)
        yield sold.line_id, tuple(_as_sold(sold, units, places) for units in pieces if units.ranges)


def _as_sold(sold: SoldLine, units: Units, places: Mapping[int, int]) -> SoldUnits:
    shares = (each for each in sold.shares_of(units) if each.amount)
    shares = (replace(each, discount=_place(sold, each.discount, places)) for each in shares)
    return SoldUnits(
        units=units,
        gross=sold.gross_of(units),
        discount_shares=tuple(sorted(shares, key=lambda each: each.discount)),
        paid=sold.price_of(units),
        tax=sold.tax_of(units),
        points_spent=sold.points_of(units),
        measure=sold.measure,
    )


def _place(sold: SoldLine, place: int, places: Mapping[int, int]) -> int:
    if place not in places:
        raise KeptFiguresChanged(sold.line_id, f"a discount that took money off line {sold.line_id!r} would be gone")
    return places[place]


def _places(known: Order, came: Order) -> dict[int, int]:
    """Say for each reduction by its place where it is found in the order now."""
    now = {name: place for place, name in enumerate(_names(came))}
    return {place: now[name] for place, name in enumerate(_names(known)) if name in now}


def _names(order: Order) -> Iterator[tuple[object, ...]]:
    """Name the reductions: a discount by what it came from, the first, second, … of the same; a line by its id."""
    seen: dict[tuple[object, ...], int] = {}
    for each in order.discounts:
        name = each.source, each.source_id, each.target
        seen[name] = seen.get(name, 0) + 1
        yield (*name, seen[name])
    yield from ((line.line_id,) for line in order.lines if line.is_below_zero)


def _taken(position: OrderPosition, sold: SoldLine) -> list[Units]:
    """The units of a line that each refund has claimed, and those of a gift that are the customer's for good."""
    if not sold.kind.is_unit and sold in position.sale.extras:
        return [sold.all_units] if _gave_extra(position, sold.line_id) else []
    line = position.line(sold.line_id)
    return [units for units in (*(claim.units for claim in line.claims), line.gifts_kept) if units.ranges]


def _refuse_another(sold: SoldLine, came: OrderLine) -> None:
    """A unit that is claimed is the same thing at the same price, but for what prices that do not divide need."""
    if (sold.kind, sold.gift, sold.gift_minimum_spend) != (came.kind, came.gift, came.gift_minimum_spend):
        raise KeptFiguresChanged(sold.line_id, f"line {sold.line_id!r} would be something else")
    value = came.unit_price if came.gift and came.gift_value is None else came.gift_value
    if came.gift and value != sold.gift_value:
        raise KeptFiguresChanged(sold.line_id, f"gift {sold.line_id!r} would be worth something else")
    if sold.bundle_id != came.bundle_id:
        raise KeptFiguresChanged(sold.line_id, f"line {sold.line_id!r} would be sold in another bundle, or in none")
    if not _have_one_unit(sold.measure, came.measure):
        raise KeptFiguresChanged(sold.line_id, f"line {sold.line_id!r} would be measured otherwise")
    odd = abs(came.gross.minor_units * sold.quantity - sold.gross.minor_units * came.quantity)
    most = sold.quantity * came.quantity if sold.measure is None else max(sold.quantity, came.quantity) + 1
    if odd >= most:
        raise KeptFiguresChanged(sold.line_id, f"a unit of line {sold.line_id!r} would cost something else")


def _have_one_unit(sold: Measure | None, came: Measure | None) -> bool:
    return (sold and sold.unit) == (came and came.unit)


# What must not go below what refunds have taken


def _check_lines(changed: OrderPosition) -> None:
    known = {line.line_id for line in changed.sale.lines}
    for extra in changed.sale.lines:
        if not extra.kind.is_unit and _gave_extra(changed, extra.line_id):
            raise KeptFiguresChanged(extra.line_id, "nothing but extras would be left, which would be units then")
    for line_id in dict.fromkeys(claim.line_id for refund in changed.refunds for claim in refund.claims):
        if line_id not in known:
            raise KeptFiguresChanged(line_id, f"line {line_id!r} would be gone")
        line = changed.line(line_id)
        if line.open_adjustments.exceeds(line.line.price_of(line.unclaimed_units)) or line.tax_worth.minor_units < 0:
            raise KeptFiguresChanged(line_id, f"line {line_id!r} would come to less than was given back of it")


def _check_parcels(known: OrderPosition, changed: OrderPosition) -> None:
    """Where shipping is another, each parcel of which some came back has at least that: others may be added (rule 49).

    Where only its parts are others, what comes back later is bounded by what is left of the whole.
    """
    order = changed.order
    if order.shipping == known.order.shipping:
        return
    parts = {part.shipment_id: part for part in shipping_parts(changed.sale, order.shipping, order.shipments)}
    by_parcel = [(each, back) for each in known.refunds for back in each.shipping_parts if _gives(back)]
    for shipment_id in dict.fromkeys(back.shipment_id for _, back in by_parcel):
        gave = [(each, back) for each, back in by_parcel if back.shipment_id == shipment_id]
        if not _covers(parts.get(shipment_id), [back for _, back in gave]):
            sent = f"shipment {shipment_id!r}" if shipment_id else "what is in no shipment"
            why = f"sending {sent} would cost less than came back of it"
            raise in_the_way(known, [each for each, _ in gave], why)


def _gives(back: ShippingBack) -> bool:
    return bool(back.amount or back.tax or back.points)


def _covers(part: ShippingPart | None, gave: Sequence[ShippingBack]) -> bool:
    """Whether sending a parcel, if it is there still, costs what came back of it."""
    if part is None:
        return False
    amount = sum(back.amount.minor_units for back in gave) <= part.paid.minor_units
    tax = sum(back.tax.minor_units for back in gave) <= part.tax.minor_units
    return amount and tax and sum(back.points for back in gave) <= part.points


def _check_order(known: OrderPosition, changed: OrderPosition) -> None:
    """Shipping, all goods together, and what is left to be returned."""
    refunds = known.refunds
    if min(changed.shipping_left.minor_units, changed.shipping_tax_left.minor_units, changed.shipping_points_left) < 0:
        gave = [each for each in refunds if each.shipping or each.shipping_tax or each.shipping_points]
        raise in_the_way(known, gave, "shipping would come to less than was given back of it")
    if min(changed.goods_left.minor_units, changed.goods_tax_left.minor_units) < 0:
        raise in_the_way(known, refunds, "all goods would come to less than was given back of them")
    if _left_for_nothing(changed).minor_units > 0:
        why = (
            "what refunds paid less for their goods than those had cost would be left for nothing that can be returned"
        )
        raise in_the_way(known, refunds, why)
    if changed.is_fully_returned() and not known.is_fully_returned():
        why = "nothing would be left that is not returned, so no refund would bring what comes with the last of it"
        raise in_the_way(known, refunds, why)
    if changed.is_fully_returned() and changed.order.points_earned != known.order.points_earned:
        raise in_the_way(known, refunds, "all of it is returned, so nothing would take points back that it earns now")


def _left_for_nothing(position: OrderPosition) -> Money:
    """What of the goods' price is left above what the goods that are not returned cost before discounts (rule 7)."""
    kept = [position.line_after(line.line_id, ()) for line in position.sale.lines]
    adjusted = Money.total((each.open_adjustments for each in kept), position.sale.currency)
    dearest = (
        each.line.price_of(each.unclaimed_units) if each.line.gift else each.line.gross_of(each.unclaimed_units)
        for each in kept
    )
    return position.goods_left + adjusted - Money.total(dearest, position.sale.currency)


def _check_entitlements(known: OrderPosition, changed: OrderPosition) -> None:
    """What was used, earned and granted beside money; of those a part may have been taken back or given back."""
    order, refunds = changed.order, known.refunds
    if order.points_earned < known.points_clawed_back:
        took = [each for each in refunds if each.points_clawed_back]
        raise in_the_way(known, took, f"{known.points_clawed_back} of the points that it earned were taken back")
    if others := set(order.rewarded_others) - set(known.order.rewarded_others):
        raise in_the_way(known, refunds, f"it would grant something to {', '.join(sorted(others))}")
    for reward in known.order.rewards:
        if _is_undone(changed, reward.line_ids) and not _is_undone(known, reward.line_ids):
            given = reward.coupon_id or f"{reward.amount.minor_units} of store credit"
            why = f"nothing would be left that is not returned of what {given} was granted for"
            raise in_the_way(known, [each for line_id in reward.line_ids for each in _of_line(known, line_id)], why)
    for place, discount in enumerate(order.discounts):
        is_limited = discount.source is DiscountSource.EXCLUSIVE_DISCOUNT and discount.target is DiscountTarget.LINES
        if is_limited and _is_all_back(changed, place) and not _was_all_back(known, changed, place):
            why = f"nothing would be left that is not returned of what used {discount.source_id!r}"
            raise in_the_way(known, refunds, why)


def _is_undone(position: OrderPosition, line_ids: Collection[str]) -> bool:
    """Whether the sale of all that something was granted for is undone, so that no later refund takes it back."""
    undone = position.undone()
    lines = [line for line in position.sale.lines if line.line_id in line_ids]
    return bool(lines) and all(undone.get(line.line_id) == line.all_units for line in lines)


def _is_all_back(position: OrderPosition, place: int) -> bool:
    """Whether every line that a discount took something off is returned by settled refunds."""
    lines = [position.line_after(line_id, ()) for line_id in position.sale.lines_touched_by([place])]
    return bool(lines) and not any(line.unclaimed_units.ranges for line in lines)


def _was_all_back(known: OrderPosition, changed: OrderPosition, place: int) -> bool:
    before = {now: was for was, now in _places(known.order, changed.order).items()}
    return place in before and _is_all_back(known, before[place])


# Which refund stands in the way


def _of_line(position: OrderPosition, line_id: str) -> list[LiveRefund]:
    return [
        refund
        for refund in position.refunds
        if any(claim.line_id == line_id for claim in refund.claims)
        or any(name == line_id for name, _ in refund.gifts_kept)
        or any(each.line_id == line_id and each.is_any for each in refund.extras)
    ]


def _gave_extra(position: OrderPosition, line_id: str) -> bool:
    return any(each.line_id == line_id and each.is_any for refund in position.refunds for each in refund.extras)
