"""What the merchant keeps of a refund for a change of mind (rule 9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from domain.claims.claims import Claim
from domain.money.amounts import Money
from domain.policy import Policy, amount_in


class FeeKind(StrEnum):
    """`withheld` is what was kept back where money went back elsewhere (rule 51)."""

    RESTOCKING = "restocking"
    RETURN_SHIPPING = "return_shipping"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """What the policy charges: basis points of what lesser goods are paid back, and an amount for a parcel."""

    restocking_fee_bp: int = 0
    return_shipping_fee: int = 0

    @classmethod
    def of(cls, policy: Policy, currency: str) -> Self:
        """What a policy charges in a currency; a fee whose map lacks the currency is none (rule 58)."""
        return cls(policy.restocking_fee_bp, amount_in(policy.return_shipping_fee, currency) or 0)

    def at_most(self, agreed: "FeeTerms") -> "FeeTerms":
        """No fee is higher than the one the customer agreed to (rule 9)."""
        return FeeTerms(
            min(self.restocking_fee_bp, agreed.restocking_fee_bp),
            min(self.return_shipping_fee, agreed.return_shipping_fee),
        )


@dataclass(frozen=True, slots=True)
class Fee:
    """`amount` is taken off the refund; `at_most` is what it becomes if all goods arrive in a lesser condition."""

    kind: FeeKind
    amount: Money
    at_most: Money


_AS_SOLD = frozenset({"restock", "resell", "sellable", "resellable", "as_new", "new", "unopened", "good"})


def is_lesser_condition(disposition: str | None) -> bool:
    """Tell whether accepted goods can't be sold as new again; saying nothing means they can (rule 9)."""
    said = (disposition or "").strip().lower().replace(" ", "_").replace("-", "_")
    return said not in {"", *_AS_SOLD}


def fees(terms: FeeTerms, claims: Sequence[Claim], lesser: Sequence[tuple[str, int]], due: Money) -> tuple[Fee, ...]:
    """List the fees the terms name, one after the other, never more than what is due (rule 9).

    `lesser` says how many units of which lines were accepted in a lesser condition.
    """
    goods = Money.total((claim.amount for claim in claims if not claim.is_adjustment), due.currency)
    charged: list[Fee] = []
    if terms.restocking_fee_bp:
        fee = lesser_goods(claims, lesser, due.currency).basis_points(terms.restocking_fee_bp)
        most = goods.basis_points(terms.restocking_fee_bp)
        charged.append(Fee(FeeKind.RESTOCKING, fee.at_most(due), most.at_most(due)))
    if terms.return_shipping_fee:
        left = due - Money.total((fee.amount for fee in charged), due.currency)
        fee = due.like(terms.return_shipping_fee).at_most(left)
        charged.append(Fee(FeeKind.RETURN_SHIPPING, fee, fee))
    return tuple(charged)


def lesser_goods(claims: Sequence[Claim], lesser: Sequence[tuple[str, int]], currency: str) -> Money:
    """Return what the units in a lesser condition are paid back, before any fee."""
    units = dict(lesser)
    shares = (
        _share(claim, min(units[claim.line_id], claim.units.count))
        for claim in claims
        if not claim.is_adjustment and claim.line_id in units
    )
    return Money.total(shares, currency)


def _share(claim: Claim, count: int) -> Money:
    """What `count` of a claim's units carry of its amount."""
    return claim.amount.allocate([claim.units.count - count, count])[1]
