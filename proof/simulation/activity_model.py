"""What each activity does to the books from the pivot on; the names are those of the real activities."""

from activities.late_failures import PAYOUT_REVERSED
from activities.payout_books import PayOut, PayoutResult
from activities.payouts import UNKNOWN_REFUND
from domain.claims.claims import ClaimState
from domain.lifecycle import PaidBy, PayoutStatus, RefundStatus
from domain.steps import Step
from gateways.ports import DISPUTED, GatewayStatus
from proof.simulation.model_entitlements import ModelEntitlements
from proof.simulation.provider import ProviderRefund
from proof.simulation.refund_book import BookedPayout, RefundBook
from proof.simulation.refusals import AlreadyUndone
from service.steps import RefundRef

_PAID = PayoutResult(PayoutStatus.SUCCEEDED, None)
_BY_PEOPLE = PayoutResult(PayoutStatus.PENDING, None, is_by_hand=True)


_GIVEN_BACK = (
    Step.REINSTATE_COUPONS,
    Step.RESTORE_POINTS,
    Step.RECALCULATE_CAMPAIGNS,
    Step.WITHDRAW_GRANTS,
    Step.REINSTATE_EXCLUSIVE_DISCOUNTS,
    Step.RECALCULATE_TIER,
    Step.RETURN_UNITS,
    Step.MOVE_STOCK,
)


class ModelActivities(ModelEntitlements):
    """`now` is the simulated time, which decides whether a provider still knows a key."""

    def pay_out(self, command: PayOut) -> PayoutResult:
        return self._pay(command)

    def ask_provider(self, payout: BookedPayout) -> ProviderRefund:
        return self.books.provider.refund(payout.key, payout.payment_id, payout.amount, self.now)

    def look_up_payout(self, command: PayOut) -> PayoutResult:
        return self.pay_out(command)

    def ask_again(self, command: PayOut) -> PayoutResult:
        refund, payout = self._payout(command)
        self.refuse_if_given_up(refund, payout)
        if payout.status is PayoutStatus.DECLINED and payout.decline_code != UNKNOWN_REFUND:
            known = self.books.provider.by_key(payout.key)
            if known is not None and known.status is not GatewayStatus.FAILED:
                payout.status = PayoutStatus.REQUESTED
                return self.book(payout, payout.key, known)
            self.end_key(payout)
        if payout.status is PayoutStatus.DECLINED:
            self.books.accepted |= self._unknown(payout)
            payout.status = PayoutStatus.PLANNED
        return self._pay(command)

    def end_key(self, payout: BookedPayout) -> None:
        """A definite no ends a key (rule 36)."""
        payout.ended.append(payout.key)
        payout.noes += 1
        payout.key = f"{payout.key.rpartition('-')[0]}-{payout.noes}"

    def found(self, payout: BookedPayout) -> ProviderRefund | None:
        """Look a payout up by its key, or find it among what was paid back of its payment."""
        return self.books.provider.by_key(payout.key)

    def asks(self, payout: BookedPayout) -> bool:
        """Whether the provider would be asked for it now: it is not found there, nor anything that we don't know."""
        if payout.is_to_credit or payout.is_to_bank or not payout.amount or self.is_held(payout):
            return False
        return self.books.provider.by_key(payout.key) is None and not self._unknown(payout)

    def is_held(self, payout: BookedPayout) -> bool:
        """Whether a dispute holds its payment now: nothing more goes to it (rules 6 and 46)."""
        return any(
            each.holds_its_payment for each in self.books.disputes.values() if each.payment_id == payout.payment_id
        )

    def _unknown(self, payout: BookedPayout) -> set[str]:
        """What the provider has paid back of a payment without our having asked for it, as far as we know."""
        paid = {each.key for each in self.books.provider.of_payment(payout.payment_id)}
        return paid - self.books.known_keys - self.books.accepted

    def _pay(self, command: PayOut) -> PayoutResult:
        refund, payout = self._payout(command)
        self.refuse_if_given_up(refund, payout)
        if payout.status in (PayoutStatus.SUCCEEDED, PayoutStatus.DECLINED):
            return _as_it_stands(payout)
        is_left = refund.by_hand & {"withdraw_points", "give_rewards_again"}  # then it stays with us from before
        if refund.held != "held" and not is_left:
            self.books.wrong(f"{refund.refund_id} was paid without holding what must come back")
        if not payout.amount and not payout.is_to_credit:  # less than the smallest unit of its currency
            payout.status, payout.paid_by = PayoutStatus.SUCCEEDED, PaidBy.NOBODY
            return _PAID
        if payout.is_to_bank and payout.status is not PayoutStatus.PLANNED:
            return _BY_PEOPLE
        known = self.found(payout)
        if known is None and self._unknown(payout):
            self._decline(payout, UNKNOWN_REFUND)
            return _as_it_stands(payout)
        if known is None and payout.status is PayoutStatus.PLANNED and self.is_held(payout):
            self._decline(payout, DISPUTED)
            return _as_it_stands(payout)
        if payout.is_to_credit:
            return self._credit(payout, self.books.credited_by_choice)
        if known is None and self.is_held(payout):  # a request may be on its way: nobody knows
            return _as_it_stands(payout)
        if known is None and payout.key in payout.refused:
            self.books.wrong(f"{payout.payment_id} of {refund.refund_id} was asked for under a key that got a no")
        if payout.status is PayoutStatus.PLANNED:
            payout.status = PayoutStatus.REQUESTED
        if payout.is_to_bank:
            return _BY_PEOPLE
        return self.book(payout, payout.key, known or self.ask_provider(payout))

    def credit_instead(self, command: PayOut) -> PayoutResult:
        refund, payout = self._payout(command)
        self.refuse_if_given_up(refund, payout)
        if payout.status is PayoutStatus.DECLINED and self.is_held(payout):
            payout.decline_code = DISPUTED
            return _as_it_stands(payout)
        return self._credit(payout, self.books.credited)

    def _credit(self, payout: BookedPayout, credited: dict[tuple[str, str], int]) -> PayoutResult:
        if payout.status is not PayoutStatus.SUCCEEDED:
            to = (payout.payment_id, payout.key)
            self.books.credited_at.append((payout.payment_id, self.now))
            credited[to] = credited.get(to, 0) + payout.worth
            payout.status, payout.paid_by = PayoutStatus.SUCCEEDED, PaidBy.STORE_CREDIT
        return _PAID

    def confirm_payouts(self, ref: RefundRef) -> None:
        refund = self.of(ref)
        if refund.settled is None and not refund.is_loss:
            raise AlreadyUndone("nothing is settled any more")
        if refund.first_time(ref.step(Step.CONFIRM_PAYOUTS)):
            if not self.books.is_paid_out(refund):
                self.books.wrong(f"{refund.refund_id} was confirmed before everything was paid")
            refund.claims = ClaimState.PAID
            self.give_bonus(refund)
            refund.move(RefundStatus.RESTORING)

    def take_back_payout(self, command: PayOut) -> bool:
        refund, payout = self._payout(command)
        found = self.books.provider.by_key(payout.key)
        has_failed = found is not None and found.status is GatewayStatus.FAILED and payout.paid_by is PaidBy.GATEWAY
        if has_failed and payout.status is PayoutStatus.SUCCEEDED:
            payout.refused.add(payout.key)
            self.unbook(refund, payout, PAYOUT_REVERSED)
        return command.refund.step(Step.TAKEN_BACK, payout.payment_id) in refund.effects

    def unbook(self, refund: RefundBook, payout: BookedPayout, decline_code: str) -> None:
        """What was paid is not any more: the order is not paid back, and what followed is to be withdrawn."""
        now = RefundRef(refund.refund_id, "m", refund.round)
        refund.first_time(now.step(Step.TAKEN_BACK, payout.payment_id))
        payout.status, payout.paid_by, payout.decline_code = PayoutStatus.DECLINED, None, decline_code
        refund.bury(now.step(Step.CONFIRM_PAYOUTS))
        refund.bury(now.step(Step.CLOSE))
        for given_back in map(now.step, _GIVEN_BACK):
            if given_back not in refund.effects:
                refund.bury(given_back)
        self.reverse_bonus(refund)
        refund.claims, refund.status = ClaimState.SETTLED, RefundStatus.PAYING_OUT

    def give_bonus(self, refund: RefundBook) -> None:
        """Give what comes on top of credit by choice, with the confirmation (rule 54)."""
        refund.bonus += refund.bonus_due

    def reverse_bonus(self, refund: RefundBook) -> None:
        """Take it back with the confirmation; nothing where that is reversed already."""
        refund.bonus = 0

    def begin_round(self, ref: RefundRef) -> None:
        refund = self.of(ref)
        if refund.round < ref.round:
            self._check_withdrawn(refund)
            refund.round = ref.round

    def _payout(self, command: PayOut) -> tuple[RefundBook, BookedPayout]:
        refund = self.of(command.refund)
        if command.payment_id not in refund.payouts:
            raise AlreadyUndone("nothing is to be paid any more")
        return refund, refund.payouts[command.payment_id]

    def book(self, payout: BookedPayout, key: str, answer: ProviderRefund) -> PayoutResult:
        """Book what the provider said of what it was asked under a key, if that is still open."""
        if payout.key != key or payout.status is PayoutStatus.SUCCEEDED:
            return _as_it_stands(payout)
        is_open = payout.status is not PayoutStatus.DECLINED
        if answer.status is GatewayStatus.SUCCEEDED:
            now = self.books.provider.by_key(key)
            if is_open or (now is not None and now.status is GatewayStatus.SUCCEEDED):
                payout.status, payout.paid_by = PayoutStatus.SUCCEEDED, PaidBy.GATEWAY
        elif is_open and answer.is_undecided:
            payout.status = PayoutStatus(answer.status)
        elif is_open:
            self._decline(payout, answer.code or "failed_later")
            payout.refused.add(key)
        return _as_it_stands(payout)

    def _decline(self, payout: BookedPayout, code: str) -> None:
        payout.status, payout.decline_code = PayoutStatus.DECLINED, code
        self.books.refunds[payout.key.partition("-")[0]].events.add("payout_declined")


def _as_it_stands(payout: BookedPayout) -> PayoutResult:
    if payout.status in (PayoutStatus.SUCCEEDED, PayoutStatus.PENDING, PayoutStatus.WAITING_FOR_BALANCE):
        return PayoutResult(payout.status, None)
    if payout.status is PayoutStatus.DECLINED:
        return PayoutResult(payout.status, payout.decline_code)
    return PayoutResult(PayoutStatus.PENDING, None)
