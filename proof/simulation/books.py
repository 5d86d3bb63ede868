"""The books of the world outside the workflow: what a database and a provider would know, and nothing else."""

from copy import copy

from domain.claims.claims import ClaimState
from domain.lifecycle import PayoutStatus
from gateways.ports import GatewayStatus
from proof.simulation.carrier import ModelCarrier
from proof.simulation.disputes import HeldTimes, ModelDispute
from proof.simulation.figures import UNITS
from proof.simulation.provider import ModelProvider
from proof.simulation.refund_book import RefundBook
from proof.simulation.scenario import Scenario
from proof.simulation.systems import ModelLine, ModelPromotions, ModelVouchers


class Books:
    """An order of as many lines as refunds, or one for both, and one customer with a coupon and a reward."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.wares = scenario, scenario.wares
        payments = [f"p{place}" for place in range(len(scenario.behaviours))]
        behaviours = dict(zip(payments, scenario.behaviours, strict=True))
        self.provider = ModelProvider(behaviours, dict(zip(payments, self.wares.payments.own, strict=True)))
        self.carrier = ModelCarrier()
        self.promotions, self.vouchers = ModelPromotions(scenario.refunds * UNITS), ModelVouchers()
        self.line = ModelLine()
        self.labels_unknown: set[tuple[str, int]] = set()
        self.refunds: dict[str, RefundBook] = {}
        self.coupon = 0
        self.coupon_until: float | None = None
        self.given_back: list[tuple[float, float]] = []
        self.sent_back: list[tuple[str, int, int]] = []
        self.points_spent_since = 0
        self.is_parcel_found, self.version = False, 1
        self.is_coupon_used = scenario.uses_coupon
        self.coupon_taken_by: str | None = None
        self.credited: dict[tuple[str, str], int] = {}
        self.credited_by_choice: dict[tuple[str, str], int] = {}
        self.disputes: dict[str, ModelDispute] = {}
        self.held = HeldTimes()
        self.on_their_way: set[str] = set()
        self.credited_at: list[tuple[str, float]] = []
        self.accepted: set[str] = set()
        self.paid_unknown: set[str] = set()
        self.half_closed: set[str] = set()
        self.has_lost_tasks = False
        self.wrongs: list[str] = []

    def copied(self) -> "Books":
        """Copy what stands in Postgres: the books of the provider and of the carrier are somewhere else."""
        same = copy(self)
        same.refunds = {refund_id: each.copied() for refund_id, each in self.refunds.items()}
        same.given_back, same.credited, same.accepted = list(self.given_back), dict(self.credited), set(self.accepted)
        same.sent_back = list(self.sent_back)
        same.credited_by_choice = dict(self.credited_by_choice)
        return same

    def is_restored(self) -> None:
        """Note what the provider has paid and these books, which come from an older copy, have not asked for."""
        payouts = [each for refund in self.refunds.values() for each in refund.payouts.values()]
        asked = {each.key for each in payouts if each.status is not PayoutStatus.PLANNED}
        paid = {each.key for each in self.provider.refunds if each.status is not GatewayStatus.FAILED}
        self.paid_unknown = paid - asked
        self.half_closed = {each.refund_id for each in self.refunds.values() if each.is_half_closed}
        self.labels_unknown = {each for each in self.carrier.labels if each[1] > self.refunds[each[0]].rmas}

    def wrong(self, what: str) -> None:
        """Note what must never have happened, even if it is put right later."""
        self.wrongs.append(what)

    @property
    def asked_for(self) -> list[RefundBook]:
        """The refunds that somebody asked for."""
        return [each for each in self.refunds.values() if each.line_id]

    @property
    def known_keys(self) -> set[str]:
        """Every key under which we asked, or are about to ask."""
        payouts = [payout for refund in self.refunds.values() for payout in refund.payouts.values()]
        return {key for payout in payouts for key in (payout.key, *payout.ended)}

    @property
    def all_paid(self) -> bool:
        """Whether every unit of the order is returned and paid (rule 13)."""
        paid = sum(each.units + each.parts for each in self.refunds.values() if each.claims is ClaimState.PAID)
        return paid == self.wares.count

    @property
    def points(self) -> int:
        """The customer's balance: what the order left, what refunds gave back of it and took back for it."""
        settled = ((each, each.settled or each.lost_as) for each in self.refunds.values())
        moved = sum(each.points * so.points for each, so in settled if so is not None)
        return self.wares.earned - self.wares.points + moved - self.points_spent_since

    @property
    def owed(self) -> int:
        """What the customer owes: for the granted coupon that was spent while a refund held it, and what no payout
        could cover of coupon and gift.
        """
        settled = [(each, each.settled) for each in self.refunds.values() if each.settled is not None]
        booked = sum(so.owed_for_coupon + so.owed_for_gift for each, so in settled if each.claims is ClaimState.PAID)
        return sum(so.coupon_owed for _, so in settled) + booked

    @property
    def are_discounts_back(self) -> bool:
        """Whether every exclusive discount that a rich order used is active again: each line has one of its own."""
        return sum(each.is_discount_back for each in self.refunds.values()) == self.scenario.refunds

    def is_paid_out(self, refund: RefundBook) -> bool:
        return refund.settled is not None and all(
            each.status is PayoutStatus.SUCCEEDED for each in refund.payouts.values()
        )
