"""Attempts that nobody waits for any more: they land when they land, some with a request of their own on its way."""

from dataclasses import dataclass

from domain.lifecycle import PaidBy, PayoutStatus
from gateways.ports import GatewayStatus
from proof.simulation.activity_model import ModelActivities
from proof.simulation.books import Books
from proof.simulation.choices import Choices
from proof.simulation.moves import ScheduleActivity
from proof.simulation.provider import ProviderRefund
from proof.simulation.refund_book import BookedPayout
from proof.simulation.runs import Run
from service.steps import RefundRef


@dataclass(frozen=True, slots=True)
class Late:
    """An attempt that is on its way since then, perhaps with a request of its own to the provider.

    With `answer` it stands still between the provider's answer and our books.
    """

    schedule: ScheduleActivity
    asks_for: BookedPayout | None
    since: float
    key: str = ""
    answer: ProviderRefund | None = None


class LateAttempts:
    """The part of a world (`play.py`) in which attempts are under way."""

    choices: Choices
    books: Books
    activities: ModelActivities
    runs: dict[str, Run]
    now: float

    def __init__(self) -> None:
        self.late: list[Late] = []
        self.opened_late: set[str] = set()

    def note(self, *what: str) -> None:
        raise NotImplementedError

    def attempt(self, schedule: ScheduleActivity) -> None:
        raise NotImplementedError

    def leave_on_its_way(self, refund_id: str, seq: int) -> None:
        """An attempt goes on although its task is over for the server; it lands some time."""
        self._delay(self.runs[refund_id].pending[seq])

    def _delay(self, schedule: ScheduleActivity) -> None:
        """Let an attempt arrive some time; one that found a payout still to be asked for has a request on its way."""
        payout = self._still_to_be_asked_for(schedule)
        if payout is None:
            self.late.append(Late(schedule, None, self.now))
        else:
            self.late.append(self._stands_still(schedule, payout, is_answered=bool(self.choices.toss(2))))

    def _still_to_be_asked_for(self, schedule: ScheduleActivity) -> BookedPayout | None:
        if schedule.activity not in ASKING:
            return None
        payout = self.books.refunds[refund_of(schedule)].payouts.get(schedule.argument.payment_id)
        if payout is None or payout.status in _DECIDED or not self.activities.asks(payout):
            return None
        return payout

    def _stands_still(self, schedule: ScheduleActivity, payout: BookedPayout, *, is_answered: bool) -> Late:
        """An attempt stands still on its way to the provider, or on its way back."""
        if payout.status is PayoutStatus.PLANNED:
            payout.status = PayoutStatus.REQUESTED  # written down before the provider is asked
        self.activities.now = self.now
        if not is_answered:
            self.books.on_their_way.add(payout.key)
        answer = self.activities.ask_provider(payout) if is_answered else None
        return Late(schedule, payout, self.now, payout.key, answer)

    def land(self, late: Late) -> None:
        """A late attempt arrives; its request reaches the provider first, if it is not hours old."""
        refund_id = refund_of(late.schedule)
        self.note(refund_id, late.schedule.activity, "lands late")
        was_over = self.books.refunds[refund_id].status.is_final
        self._land(late)
        if was_over and not self.books.refunds[refund_id].status.is_final:
            self.opened_late.add(refund_id)

    def _land(self, late: Late) -> None:
        if late.asks_for is not None:
            self._arrives(late, is_lost=late.answer is None and self.now - late.since >= _IN_FLIGHT_S)
        if late.answer is not None:
            return
        self.attempt(late.schedule)

    def _arrives(self, late: Late, *, is_lost: bool) -> None:
        """What stood still goes on; a request that is hours old never reaches the provider."""
        assert late.asks_for is not None
        self.activities.now = self.now
        if late.answer is not None:
            self._book_late(late.asks_for, late.key, late.answer)
        elif not is_lost and late.asks_for.key == late.key:
            self.activities.ask_provider(late.asks_for)

    def _book_late(self, payout: BookedPayout, key: str, answer: ProviderRefund) -> None:
        before = payout.status
        self.activities.book(payout, key, answer)
        now = self.books.provider.by_key(payout.key)
        is_paid = now is not None and now.status is GatewayStatus.SUCCEEDED
        if before is PayoutStatus.DECLINED and payout.paid_by is PaidBy.GATEWAY and not is_paid:
            self.books.wrong(f"an old yes was believed of {payout.payment_id}")


def refund_of(schedule: ScheduleActivity) -> str:
    argument = schedule.argument
    ref: RefundRef = argument if type(argument) is RefundRef else argument.refund
    return ref.refund_id


_IN_FLIGHT_S = 3600.0
ASKING = ("pay_out", "ask_again", "look_up_payout")
_DECIDED = (PayoutStatus.SUCCEEDED, PayoutStatus.DECLINED)
