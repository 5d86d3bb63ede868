"""A schedule played twice at once: the model's books and the real ones, the real activities answering the workflow."""

from collections.abc import Callable
from typing import Any

from activities.listening import Heard
from activities.parcels import Inspection
from activities.payout_books import PayoutResult
from activities.recollection import Recollection
from activities.reopening import Opening
from activities.review import Assessment
from activities.settlement import SettlementSummary
from domain import clock
from domain.said import Word
from domain.sale.disputes import DisputeStatus
from proof.simulation.choices import Choices
from proof.simulation.conformance import bank
from proof.simulation.conformance.callers import refuse, send_back, take_up
from proof.simulation.conformance.carrier import void_label
from proof.simulation.conformance.clock import Clock
from proof.simulation.conformance.facts import differences
from proof.simulation.conformance.gateway import Place
from proof.simulation.conformance.provider import decide, take_back
from proof.simulation.conformance.real import RealWorld, StandingAttempt
from proof.simulation.conformance.sale import moment
from proof.simulation.disputes import ModelDispute
from proof.simulation.late import Late
from proof.simulation.model_disputes import Answer
from proof.simulation.moves import ScheduleActivity, Update
from proof.simulation.play import Play
from proof.simulation.provider import ProviderRefund
from proof.simulation.refund_book import BookedPayout, RefundBook
from proof.simulation.refusals import RefusedByBooks
from proof.simulation.versions import sold_anew
from proof.simulation.wares import PART
from service.steps import RefundRef
from workflows.contract import ResolveInput

_Ended = tuple[str, Any]
"""How an attempt ended: the name of what refused it or nothing, and its result."""


class Pair(Play):
    """What the workflow hears is what the real activities say; what the model says is only compared.

    `differing` has the first difference, and nothing after it: what follows from one is no news.
    """

    def __init__(self, choices: Choices, real: RealWorld, clock: Clock, *, looks_at_every_step: bool) -> None:
        super().__init__(choices)
        self._looks_at_every_step = looks_at_every_step
        self.real = real
        self.differing: list[str] = []
        self._clock = clock
        self._standing: dict[int, StandingAttempt] = {}
        clock.set(self.now)
        real.sell(self.scenario, self.now)
        if self.scenario.uses_coupon:
            real.use_coupon(self.now)

    def _request(self, refund_id: str) -> Opening:
        opening, book = super()._request(refund_id), self.books.refunds.get(refund_id)
        self._clock.set(self.now)
        kind = self.scenario.kind
        if book is None:
            asked = RefundBook(refund_id)
            self.activities.claim(asked, with_gift=self.scenario.gift_comes and not self.books.refunds)
            if self.real.request(refund_id, self.scenario, asked.lines) and not self.differing:
                self.differing.append(f"{refund_id} is taken although its payments are disputed")
            return opening
        if book.beside == PART and self.real.comes_alone(self.scenario, book.lines[:1]) is not kind.comes_alone:
            self.differing.append(f"a part of a bundle comes alone, in the model {kind.comes_alone}")
        if opening is Opening.EXTERNAL:
            assert book.settled is not None
            self.real.take_external(refund_id, self.scenario, book.lines, book.settled.total, self.now)
        elif not self.real.request(refund_id, self.scenario, book.lines):
            raise AssertionError(f"{refund_id} is refused as disputed, and not by the model")
        return opening

    def _confirm(self, refund_id: str, update_id: str) -> None:
        super()._confirm(refund_id, update_id)
        row = self.books.refunds[refund_id].words.get(update_id)
        if row is not None and row.is_taken_up:
            self.real.read(take_up, self.real, refund_id, update_id)

    def _refuse(self, refund_id: str, word: Update) -> None:
        super()._refuse(refund_id, word)
        row = self.books.refunds[refund_id].words[word.update_id]
        assert row.overruled is not None
        self.real.read(refuse, self.real, refund_id, row.word, row.overruled)

    def _look(self, when: str) -> None:
        if self._looks_at_every_step:
            self.compare(when)

    def compare(self, when: str) -> None:
        """Hold both books against each other."""
        if not self.differing:
            found = differences(self.books, self.real, self._clock.worker_ahead)
            self.differing += (f"{when}: {each}" for each in found[:1])

    def _do(self, schedule: ScheduleActivity) -> Any:
        self._clock.set(self.now)
        modelled, real = _ended(lambda: super(Pair, self)._do(schedule)), _ended(lambda: self._really(schedule))
        self._call_own_requests()
        theirs, ours = _plain(schedule.activity, real), _plain(schedule.activity, modelled)
        if ours != theirs and not self.differing:
            self.differing.append(f"{schedule.activity} says {theirs}, the model {ours}")
        self._look(schedule.activity)
        refused, result = real
        if refused:
            raise result
        return result

    def _really(self, schedule: ScheduleActivity) -> Any:
        return self.real.do(schedule.activity, schedule.argument)

    # Attempts that stand still

    def _asked_and_died(self, schedule: ScheduleActivity, payout: BookedPayout) -> None:
        attempt = self._stand_still(schedule, Place.BEFORE_OUR_BOOKS)
        super()._asked_and_died(schedule, payout)
        if attempt is not None:
            attempt.die()
        self._look(f"{schedule.activity}, whose worker died")

    def _stands_still(self, schedule: ScheduleActivity, payout: BookedPayout, *, is_answered: bool) -> Late:
        attempt = self._stand_still(schedule, Place.BEFORE_OUR_BOOKS if is_answered else Place.BEFORE_THE_PROVIDER)
        late = super()._stands_still(schedule, payout, is_answered=is_answered)
        if attempt is not None:
            self._standing[id(late)] = attempt
        self._look(f"{schedule.activity}, which stands still")
        return late

    def _stand_still(self, schedule: ScheduleActivity, place: Place) -> StandingAttempt | None:
        self._clock.set(self.now)
        attempt = self.real.stand_still(schedule.activity, schedule.argument, place)
        if attempt is None and not self.differing:
            self.differing.append(f"{schedule.activity} does not come to stand {place}")
        return attempt

    def _arrives(self, late: Late, *, is_lost: bool) -> None:
        self._clock.set(self.now)
        attempt = self._standing.pop(id(late), None)
        if attempt is not None:
            attempt.go_on(is_lost=is_lost)
        super()._arrives(late, is_lost=is_lost)
        self._look(f"{late.schedule.activity}, which was late")

    def end(self) -> None:
        """Let go of runs, and of attempts that stand still."""
        for attempt in self._standing.values():
            attempt.die()
        for run in self.runs.values():
            run.end()

    # The customer

    def customer_spends(self) -> None:
        super().customer_spends()
        self._clock.set(self.now)
        self.real.spend(self.now)

    def customer_uses_coupon(self) -> bool:
        uses = super().customer_uses_coupon()
        if uses:
            self._clock.set(self.now)
            self.real.use_coupon(self.now)
        return uses

    def order_changes(self) -> bool:
        sold = sold_anew(self.scenario.kind, self.books.wares)
        is_changed = super().order_changes()
        self._clock.set(self.now)
        is_taken = self.real.sell_anew(self.scenario, sold, self.now)
        if is_taken is not is_changed and not self.differing:
            self.differing.append(f"the order changes: {is_taken}, in the model {is_changed}")
        self._call_own_requests()
        return is_changed

    def parcel_is_found(self) -> bool:
        is_found = super().parcel_is_found()
        if is_found:
            self._clock.set(self.now)
            self.real.find_parcel(self.scenario, self.now)
        return is_found

    # The bank

    def hear_of(self, dispute: ModelDispute, status: DisputeStatus) -> Answer:
        answer = super().hear_of(dispute, status)
        self._clock.set(self.now)
        with clock.set_to(lambda: moment(self.now)):  # a machine of its own, whose clock is right
            real = self.real.read(bank.tell, self.real, dispute, status)
        if real is not answer and not self.differing:
            self.differing.append(f"that {dispute.dispute_id} is {status} is {real}, in the model {answer}")
        self._call_losses()
        self._look(f"the bank says {dispute.dispute_id} is {status}")
        return answer

    def count_what_is_left(self) -> None:
        super().count_what_is_left()
        self._clock.set(self.now)
        self.real.read(bank.count, self.real)
        self._call_losses()
        self._look("the keeper counts")

    def _call_losses(self) -> None:
        """Call what was lost by the same names on both sides."""
        known = {each.dispute_id: each.refund_ids for each in self.real.read(bank.known, self.real)}
        for dispute in self.books.disputes.values():
            for called, ours in zip(dispute.losses, known.get(dispute.dispute_id, ()), strict=False):
                self.real.call(called, ours)

    def _call_own_requests(self) -> None:
        """Call what makewhole has asked for by itself by the same names on both sides."""
        for refund_id, book in self.books.refunds.items():
            if book.is_of_the_house and not self.real.knows(refund_id):
                ours = self.real.read(bank.asked_for_by_itself, self.real)
                if ours is None:
                    raise AssertionError(f"{refund_id} is asked for in the model alone")
                self.real.call(refund_id, ours)

    def unbook_transfer(self, refund: RefundBook, payout: BookedPayout, said: ResolveInput, word: Word) -> None:
        super().unbook_transfer(refund, payout, said, word)
        self._clock.set(self.now)
        self.real.read(send_back, self.real, refund.refund_id, said, word)
        self._look("the bank sends a transfer back")

    # The carrier

    def void_label(self, refund_id: str) -> None:
        ref = RefundRef(self.real.ours(refund_id), self.real.merchant_id)
        self.real.read(void_label, self.real.engine, ref, self.books.refunds[refund_id].rmas)
        super().void_label(refund_id)

    def _label_and_died(self, schedule: ScheduleActivity) -> None:
        super()._label_and_died(schedule)
        self._clock.set(self.now)
        self.real.ask_for_label(schedule.argument)
        self._look(f"{schedule.activity}, whose worker died")

    def restore_postgres(self) -> bool:
        """One database has the schedules of all: no copy of it is taken."""
        return False

    # The provider

    def provider_decides(self, refund: ProviderRefund) -> None:
        super().provider_decides(refund)
        self.real.read(decide, self.real, refund)

    def provider_takes_back(self, refund: ProviderRefund) -> None:
        super().provider_takes_back(refund)
        self.real.read(take_back, self.real, refund)


def _ended(attempt: Callable[[], Any]) -> _Ended:
    try:
        return "", attempt()
    except RefusedByBooks as refused:
        return type(refused).__name__, refused


def _plain(activity: str, ended: _Ended) -> Any:
    """As much of a result as the model has."""
    refused, result = ended
    if refused:
        return refused
    if activity in _HEARD_BY_NOBODY:
        return None
    if isinstance(result, Assessment):
        return result.rule, result.waits_because, result.goods_come_back, result.terms
    if isinstance(result, Recollection):
        return {name: getattr(result, name) for name in _RECALLED}
    if isinstance(result, Heard):
        return [each.word.word_id for each in result.words], result.is_behind, result.is_shown
    if isinstance(result, str):
        return "something"
    return result if isinstance(result, _COMPARED) else None


_RECALLED = (
    "refund",
    "status",
    "decided",
    "received",
    "came_late",
    "is_lost",
    "lost",
    "is_settled",
    "is_past_the_pivot",
    "was_stopping",
    "was_taken_back",
    "is_first",
    "is_given_up",
    "words",
    "cancelled",
    "approvals",
    "stops_as",
    "deliver_by",
    "has_shipped",
)
_COMPARED = (bool, tuple, PayoutResult, SettlementSummary, Inspection)
_HEARD_BY_NOBODY = frozenset({"reinstate_coupons"})
"""Steps whose answer no workflow looks at, and that the model leaves out; what they do is compared in the books."""
