"""What must hold of every order and every settlement at any time."""

from domain.claims import Claim
from domain.money import Money
from domain.orders import RewardKind
from domain.sales import SoldLine
from domain.settlement import Settlement
from tests.domain.refund_desk import Desk


def claims_on(desk: Desk, line: SoldLine) -> list[Claim]:
    return [claim for claim in desk.claims if claim.line_id == line.line_id]


def check_nothing_exceeds_what_was_paid(desk: Desk) -> None:
    for line in desk.sale.lines:
        _check_line(line, claims_on(desk, line))
    settled = desk.settled.values()
    for payment in desk.order.payments:
        shares = [tender.amount for each in settled for tender in each.payouts if tender.payment == payment]
        assert sum(share.minor_units for share in shares) <= payment.amount.minor_units
        assert all(share.minor_units > 0 for share in shares)
    assert sum(each.total.minor_units for each in settled) <= desk.order.captured.minor_units
    assert sum(each.shipping.minor_units for each in settled) <= desk.sale.shipping_paid.minor_units
    assert sum(each.points.restored for each in settled) <= desk.order.points_spent


def _check_line(line: SoldLine, claims: list[Claim]) -> None:
    assert sum(claim.units.count for claim in claims) <= line.quantity
    assert sum(claim.amount.minor_units for claim in claims) <= line.paid.minor_units
    assert sum(claim.tax.minor_units for claim in claims) <= line.tax.minor_units
    for claim in claims:
        most = line.paid if claim.is_adjustment else line.price_of(claim.units)
        assert 0 <= claim.amount.minor_units <= most.minor_units
        assert claim.tax.minor_units >= 0
    taken = [unit for claim in claims for start, end in claim.units.ranges for unit in range(start, end)]
    assert len(set(taken)) == len(taken)


def check_no_point_moves_twice(desk: Desk) -> None:
    effects = [each.points for each in desk.settled.values()]
    assert all(effect.restored >= 0 and effect.clawed_back >= 0 for effect in effects)
    assert sum(effect.restored for effect in effects) <= desk.order.points_spent
    assert sum(effect.clawed_back for effect in effects) <= desk.order.points_earned


def check_it_adds_up(settlement: Settlement) -> None:
    off = Money.total((deduction.amount for deduction in settlement.deductions), settlement.total.currency)
    assert settlement.total == settlement.goods + settlement.shipping - off
    assert settlement.total.minor_units >= 0
    assert Money.total((tender.amount for tender in settlement.payouts), off.currency) == settlement.total
    assert all(each.amount.minor_units >= 0 and each.owed.minor_units >= 0 for each in settlement.deductions)


def check_what_is_missing(settlement: Settlement) -> None:
    missing = [each.missing for each in settlement.take_backs if each.missing]
    assert [each.amount + each.owed for each in settlement.deductions] == missing
    assert not settlement.total or not any(each.owed for each in settlement.deductions)
    for each in settlement.take_backs:
        if each.reward.kind is not RewardKind.POINTS:
            assert each.taken + each.missing == each.reward.amount
        assert 0 <= each.taken_points <= each.reward.points
