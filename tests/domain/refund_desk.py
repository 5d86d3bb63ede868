"""A desk that refunds one order the way the application does: claim, settle, pay, or release on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

from domain.campaigns.campaign_effects import CustomerPosition
from domain.campaigns.campaigns import GoodsRefund, Purchase
from domain.claims.claims import Claim, ClaimState
from domain.claims.edits import renamed, sell_differently
from domain.claims.live_refunds import LiveRefund
from domain.claims.paid_less import claim_what_was_paid_less
from domain.claims.positions import LineRequest, OrderPosition
from domain.claims.reasons import Reason, RefundKind
from domain.claims.returns import ReturnWindow
from domain.claims.sold_for_good import kept_from_return
from domain.claims.turns import ParcelQueue
from domain.deadlines import never_closed
from domain.money.amounts import Money
from domain.payout.choice import RefundTo
from domain.payout.limits import PaymentAtProvider
from domain.policy import OutsideWindow, Policy
from domain.sale.disputes import Dispute, DisputeEvent, DisputeStatus
from domain.sale.orders import DiscountSource, Order
from domain.sale.sales import Sale, book
from domain.sale.snapshots import SnapshotStep, take
from domain.settlement.external import ExternalRefund, claim_external
from domain.settlement.extras import Named
from domain.settlement.fees import FeeTerms
from domain.settlement.inputs import SettlementInputs
from domain.settlement.moved_elsewhere import counted, lost
from domain.settlement.settle import settle
from domain.settlement.settlement import SettledEntitlements, Settlement, Terms
from domain.settlement.what_if import PastRefund
from tests.domain.shoppers import Shopper

NOW = datetime(2026, 11, 20, tzinfo=UTC)


class Desk:
    """`settled` says what each live refund came to, the first settled first; a released refund is gone from everything.

    `policy` is today's and `shopper` has what they have today; both may change between two refunds. `past` says what
    each was settled on, `sold_then` the order and its sale as they were then. `at_providers` is what the providers of
    its payments allow.
    """

    def __init__(self, order: Order, policy: Policy | None = None, shopper: Shopper | None = None) -> None:
        self.order = order
        self.sale = book(order)
        self.settled: dict[str, Settlement] = {}
        self.sold_then: dict[str, tuple[Order, Sale]] = {}
        self.policy = policy or Policy()
        self.shopper = shopper or Shopper()
        self.past: list[PastRefund] = []
        self.at_providers: tuple[PaymentAtProvider, ...] = ()
        self._refunds: dict[str, LiveRefund] = {}
        self._states: dict[str, ClaimState] = {}
        self.disputes: tuple[Dispute, ...] = ()
        self._terms: dict[str, Terms] = {}
        self._numbers = count(1)

    def __repr__(self) -> str:
        return f"Desk({self.order!r}, {self.policy!r}, {self.shopper!r})"

    @property
    def position(self) -> OrderPosition:
        return OrderPosition(self.order, self.sale, tuple(self._refunds.values()))

    @property
    def claims(self) -> list[Claim]:
        return [claim for refund in self._refunds.values() for claim in refund.claims]

    def claims_of(self, refund_id: str) -> tuple[Claim, ...]:
        return self._refunds[refund_id].claims

    def terms_of(self, refund_id: str) -> Terms:
        return self._terms[refund_id]

    @property
    def customer(self) -> CustomerPosition:
        """The order as campaigns see it now, behind the customer's other purchases."""
        position = self.position
        this = Purchase(
            self.order.order_id,
            self.order.sold_at,
            self.sale.goods_paid,
            (GoodsRefund(NOW, position.goods_refunded),) if position.goods_refunded else (),
            position.is_fully_returned(),
            self.order.names(DiscountSource.CAMPAIGN),
        )
        return self.shopper.after(list(self.settled.values()), this)

    @property
    def entitlements(self) -> SettledEntitlements:
        return self.shopper.entitlements(self.order, list(self.settled.values()))

    def is_used_elsewhere(self, name: str) -> bool:
        """Tell whether another order uses this coupon or exclusive discount as well."""
        return name in self.shopper.used_elsewhere

    def refunds_in(self, *states: ClaimState) -> list[str]:
        return [refund_id for refund_id, state in self._states.items() if state in states]

    def put(self, came: Order) -> SnapshotStep:
        """Take a later snapshot (rule 57); what refunds have claimed stays as it was sold.

        Raises SnapshotRefused, StandsInTheWay and RefundRejected; nothing has changed then.
        """
        taken = take(self.order, came, is_booked=True)
        if taken.step is SnapshotStep.RENAMED:
            self.sale = renamed(self.sale, taken.order)
        if taken.step is SnapshotStep.RESOLD:
            self.sale = sell_differently(self.position, taken.order, self.disputes)
        self.order = taken.order
        return taken.step

    def quote(
        self, *lines: LineRequest, reason: Reason = Reason.CHANGED_MIND, goods_come_back: bool = False
    ) -> Settlement:
        """What these lines, or with none everything left, would come to."""
        parcels, known = self.order.shipments, self.at_providers
        terms = Terms(reason, None, NOW, goods_come_back, shipments=parcels, at_providers=known)
        return self._settle(self.position, self._claim(lines or None, reason, {}), terms)

    def quote_nothing(self) -> Settlement:
        parcels, known = self.order.shipments, self.at_providers
        terms = Terms(Reason.CHANGED_MIND, None, NOW, goods_come_back=True, shipments=parcels, at_providers=known)
        return self._settle(self.position, (), terms)

    def request(
        self,
        *lines: LineRequest,
        reason: Reason = Reason.CHANGED_MIND,
        include_shipping: bool | None = None,
        goods_come_back: bool = False,
        line_reasons: Mapping[str, Reason] | None = None,
        shipping_amount: Money | None = None,
        refund_to: RefundTo = RefundTo.ORIGINAL,
        beneficiary: str | None = None,
    ) -> str:
        """Claim these lines, or with none everything left; the customer agrees to today's fees and bonus.

        `line_reasons` are those of the lines that have one of their own.
        """
        agreed, own = FeeTerms.of(self.policy, self.order.currency), tuple((line_reasons or {}).items())
        terms = Terms(
            reason,
            include_shipping,
            NOW,
            goods_come_back,
            agreed_fees=agreed,
            line_reasons=own,
            shipments=self.order.shipments,
            shipping_amount=shipping_amount,
            refund_to=refund_to,
            beneficiary=beneficiary,
            agreed_bonus_bp=self.policy.store_credit_bonus_bp,
        )
        return self._submit(self._claim(lines or None, reason, line_reasons or {}), terms)

    def release(self, refund_id: str) -> None:
        for known in (self._refunds, self._states, self._terms, self.settled, self.sold_then):
            known.pop(refund_id, None)
        self.disputes = tuple(each for each in self.disputes if each.refund_id != refund_id)  # it is won after all

    def settle(
        self, refund_id: str, accepted: dict[str, int] | None = None, lesser: dict[str, int] | None = None
    ) -> Settlement:
        """Fix what a refund comes to.

        `accepted` says how many units of each line passed inspection, `lesser` how many in a lesser condition.
        """
        position = self.position.without(refund_id)
        claims = tuple(
            position.line(claim.line_id).claim_again(
                claim, claim.units.count if accepted is None else accepted.get(claim.line_id, 0)
            )
            for claim in self._refunds[refund_id].claims
        )
        terms = replace(self._terms[refund_id], lesser=tuple((lesser or {}).items()))
        settlement = self._settle_for_good(refund_id, position, claims, terms)
        self._fix(refund_id, settlement, ClaimState.SETTLED)
        return settlement

    def pay(self, refund_id: str) -> None:
        self._move(refund_id, ClaimState.PAID)

    def refund(
        self,
        *lines: LineRequest,
        reason: Reason = Reason.CHANGED_MIND,
        include_shipping: bool | None = None,
        goods_come_back: bool = False,
        line_reasons: Mapping[str, Reason] | None = None,
        shipping_amount: Money | None = None,
        refund_to: RefundTo = RefundTo.ORIGINAL,
        beneficiary: str | None = None,
    ) -> Settlement:
        """Request, settle and pay in one go."""
        refund_id = self.request(
            *lines,
            reason=reason,
            include_shipping=include_shipping,
            goods_come_back=goods_come_back,
            line_reasons=line_reasons,
            shipping_amount=shipping_amount,
            refund_to=refund_to,
            beneficiary=beneficiary,
        )
        return self._see_through(refund_id)

    def refund_shipping(self, amount: Money | None = None) -> Settlement:
        """What a merchant gives back outright, without any line: all that is left, or an amount of it."""
        if amount is not None:
            return self._see_through(self.request_shipping(amount))
        return self._see_through(
            self._submit((), Terms(Reason.CHANGED_MIND, True, NOW, shipments=self.order.shipments))
        )

    def pay_back(self) -> Settlement:
        """Refund what was paid although refunds had lessened it, and nothing else (rule 50)."""
        terms = Terms(Reason.MERCHANT_BREACH, False, NOW, shipments=self.order.shipments, paid_after_all=True)
        return self._see_through(self._submit((), terms))

    def pay_the_rest(self) -> Settlement:
        """Refund what units that came back paid less for money that was given up after all (rules 5 and 52)."""
        claims = claim_what_was_paid_less(self.position, [line.line_id for line in self.sale.lines])
        terms = Terms(Reason.MERCHANT_BREACH, False, NOW, shipments=self.order.shipments, paid_less=True)
        return self._see_through(self._submit(claims, terms))

    def request_shipping(self, amount: Money) -> str:
        shipments = self.order.shipments
        return self._submit((), Terms(Reason.CHANGED_MIND, None, NOW, shipments=shipments, shipping_amount=amount))

    def refund_extras(self, extras: Named, reason: Reason, *lines: LineRequest) -> Settlement:
        """Request, settle and pay what is asked for outright of lines that are no units, beside these lines."""
        return self._see_through(self.request_extras(extras, reason, *lines))

    def request_extras(self, extras: Named, reason: Reason, *lines: LineRequest) -> str:
        claims = self._claim(lines, reason, {}) if lines else ()
        return self._submit(claims, Terms(reason, None, NOW, extras=extras, shipments=self.order.shipments))

    def note_external(self, external: ExternalRefund) -> Settlement:
        """Take down money that went back elsewhere: settled and paid in one go (rule 51); raises RefundRejected."""
        if not external.is_loss:
            external = counted(self.position, external, self.policy)
        reason = Reason.MERCHANT_BREACH
        queue = ParcelQueue(self.position, self._window(self.policy), reason, {})
        claims, extras = claim_external(self.position, external, self.policy, queue.turns_of_what_moved())
        parcels = self.order.shipments if any(not claim.is_adjustment for claim in claims) else ()
        terms = Terms(reason, None, external.at, extras=extras, external=external.payout, shipments=parcels)
        settlement = self._settle(self.position, claims, terms)
        self._fix(self._submit(claims, terms), settlement)
        return settlement

    def lose_dispute(self, payment_id: str, amount: Money) -> Settlement | None:
        """The bank takes this much of a payment (rule 52); nothing where nothing of it can be counted."""
        dispute_id = f"dp{len(self.disputes) + 1}"
        said = ExternalRefund(dispute_id, amount, None, payment_id, NOW, is_loss=True)
        loss, rest = lost(self.position, said)
        settlement = None if loss is None else self.note_external(loss)
        counted_as = None if loss is None else next(reversed(self.settled))
        taken = Dispute(dispute_id, payment_id, (DisputeEvent(DisputeStatus.LOST, amount, NOW),), counted_as, rest)
        self.disputes = (*self.disputes, taken)
        return settlement

    def open_dispute(self, payment_id: str, amount: Money, status: DisputeStatus = DisputeStatus.OPENED) -> None:
        """The bank is asked about this much of a payment, or warns of it."""
        said = DisputeEvent(status, amount, NOW)
        self.disputes = (*self.disputes, Dispute(f"dp{len(self.disputes) + 1}", payment_id, (said,)))

    @property
    def losses(self) -> list[str]:
        """The refunds that are disputes which were lost."""
        external = {refund_id: self._terms[refund_id].external for refund_id in self.settled}
        return [refund_id for refund_id, one in external.items() if one is not None and one.is_loss]

    def refund_all_that_is_left(self, reason: Reason = Reason.CHANGED_MIND) -> None:
        """Settle and pay whatever is under way, then refund everything left, shipping aside.

        What was sold for good comes back for the merchant's fault.
        """
        for refund_id in self.refunds_in(ClaimState.CLAIMED):
            self.settle(refund_id)
        for refund_id in self.refunds_in(ClaimState.SETTLED):
            self.pay(refund_id)
        for each in (reason, Reason.MERCHANT_BREACH):
            kept = kept_from_return(self.order, each)
            lines = [self.position.line(line.line_id) for line in self.sale.lines if line.line_id not in kept]
            if any(line.free_units.count or line.left for line in lines):
                self.refund(reason=each)

    def _claim(
        self, lines: Sequence[LineRequest] | None, reason: Reason, own: Mapping[str, Reason]
    ) -> tuple[Claim, ...]:
        """Claim units of parcels in their turns; what is late, or was never sent, may be asked for at this desk."""
        position, lenient = self.position, replace(self.policy, outside_window=OutsideWindow.REVIEW)
        queue = ParcelQueue(position, self._window(lenient), reason, own)
        return position.claim(lines, reason, own, queue.turns(None, RefundKind.REFUND_ONLY, lines))

    def _window(self, policy: Policy) -> ReturnWindow:
        return ReturnWindow(self.order, self.sale, policy, NOW, never_closed)

    def _see_through(self, refund_id: str) -> Settlement:
        settlement = self.settle(refund_id)
        self.pay(refund_id)
        return settlement

    def _fix(self, refund_id: str, settlement: Settlement, state: ClaimState = ClaimState.PAID) -> None:
        self.settled[refund_id] = settlement
        self.sold_then[refund_id] = self.order, self.sale
        payouts = tuple((tender.payment.payment_id, tender.amount) for tender in settlement.payouts)
        self._refunds[refund_id] = settlement.as_live(refund_id, settlement.claims, payouts)
        self._move(refund_id, state)

    def _submit(self, claims: tuple[Claim, ...], terms: Terms) -> str:
        refund_id, nothing = f"r{next(self._numbers)}", Money.zero(self.order.currency)
        terms = replace(terms, at_providers=self.at_providers)
        self._refunds[refund_id] = LiveRefund(refund_id, claims, nothing, nothing, 0, ())
        self._terms[refund_id] = terms
        self._states[refund_id] = ClaimState.CLAIMED
        return refund_id

    def _move(self, refund_id: str, state: ClaimState) -> None:
        refund, is_confirmed = self._refunds[refund_id], state is ClaimState.PAID
        claims = tuple(replace(claim, state=state) for claim in refund.claims)
        self._refunds[refund_id] = replace(refund, claims=claims, is_confirmed=is_confirmed)
        self._states[refund_id] = state

    def _settle_for_good(
        self, refund_id: str, position: OrderPosition, claims: tuple[Claim, ...], terms: Terms
    ) -> Settlement:
        basis = SettlementInputs(position.refunds, claims, terms, self.customer, self.entitlements)
        settlement = self._settle(position, claims, terms)
        self.past.append(PastRefund(refund_id, NOW, basis, settlement, (self.order, self.sale)))
        return settlement

    def _settle(self, position: OrderPosition, claims: tuple[Claim, ...], terms: Terms) -> Settlement:
        return settle(position, claims, terms, self.policy, self.customer, self.entitlements)
