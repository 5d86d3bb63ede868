"""The ordinary course of things: what has to happen anyway, until everything that was begun has come to its end."""

from collections import Counter

from activities.reopening import Opening
from domain.lifecycle import PaidBy, RefundStatus
from gateways.ports import GatewayStatus
from proof.simulation.checks import check_at_rest, check_what_is_known
from proof.simulation.play import Play
from proof.simulation.refund_book import BookedPayout, RefundBook
from proof.simulation.scenario import ProviderBehaviour
from proof.simulation.wares import LINES, Edit

_ENDED_EARLY = ("terminated", "failed", "cancelled")


_MOST_OVERLOOKED = 6
_MOST_WOKEN = 5


class Course:
    def __init__(self, world: Play) -> None:
        self._world = world
        self._asked: set[tuple[object, ...]] = set()
        self._overlooked = 0
        self._woken: Counter[tuple[object, ...]] = Counter()

    def go_on(self) -> bool:
        """The next thing that has to happen anyway, first those of a refund drawn by lot."""
        refunds = list(self._world.runs)
        if len(refunds) > 1 and self._world.choices.toss(2):
            refunds.reverse()
        for move in (self._work, self._speak_again, self._speak):
            for each in refunds:
                if move(each):
                    return True
        return self._rest()

    def _work(self, refund_id: str) -> bool:
        run = self._world.runs[refund_id]
        if run.finished is not None or not run.pending:
            return False
        self._world.turn(refund_id, self._world.finish(refund_id, next(iter(run.pending))))
        return True

    def _speak_again(self, refund_id: str) -> bool:
        """Whoever was told that nobody knows says it again, once for each time that it may be known by now."""
        run, book = self._world.runs[refund_id], self._world.books.refunds[refund_id]
        waiting = sum(not row.is_taken_up for row in book.words.values())
        ends = run.run_id, run.finished, book.status.is_final  # an attempt of an ended run may land late, and close it
        occasion = "again", ends, run.asks, len(book.said), len(self._world.unsure), waiting
        if not self._world.unsure or occasion in self._asked:
            return False
        self._asked.add(occasion)
        return self._world.say_again(refund_id, to_be_sure=True)

    def _speak(self, refund_id: str) -> bool:
        """People say what a refund waits for, once for each time that it does."""
        world = self._world
        if world.runs[refund_id].finished is not None:
            return False
        word = world.word(refund_id)
        if word is None:
            return False
        book = world.books.refunds[refund_id]
        if world.scenario.is_forgetful and (book.status is RefundStatus.AWAITING_RETURN or self._is_overlooked(book)):
            return False
        occasion = (
            refund_id,
            word.name,
            book.status,
            book.round,
            book.attention or world.runs[refund_id].needs,
            len(book.said),
            world.forgotten[refund_id],
        )
        if occasion in self._asked:
            return False
        self._asked.add(occasion)
        world.say(refund_id, word)
        return True

    def _is_overlooked(self, refund: RefundBook) -> bool:
        """Whether nobody looks at a call for help today."""
        if refund.attention is None or self._overlooked == _MOST_OVERLOOKED or self._world.choices.toss(2):
            return False
        self._overlooked += 1
        return True

    def _rest(self) -> bool:
        """Time passes, providers decide, ended workflows are picked up, the second refund is asked for."""
        return (
            self.second()
            or self._world.sweep()
            or self._provider()
            or self._pick_up()
            or self._bank()
            or self.time()
            or self._late_parcel()
            or self._late_failure()
            or self._world.count_losses()
            or self._world.bank_finishes()
            or self._paid_at_last()
        )

    def _paid_at_last(self) -> bool:
        """What was not paid yet is paid when all is over, or never."""
        is_to_be_paid = self._world.scenario.kind.edit is Edit.PAID and self._world.may_change()
        if not is_to_be_paid or ("paid",) in self._asked:
            return False
        self._asked.add(("paid",))
        return self._world.choices.toss(2) == 1 and self._world.order_changes()

    def _late_parcel(self) -> bool:
        """A parcel that nobody sent in time arrives after all, once."""
        for refund_id, book in self._world.books.refunds.items():
            is_over = self._world.runs[refund_id].finished == "completed"
            if is_over and book.status is RefundStatus.EXPIRED and self._world.parcels_late == 0:
                self._world.late_parcel(refund_id)
                return True
        return False

    def second(self) -> bool:
        """The refunds that are to be asked for are, the second after the first, once each time that it is possible."""
        world = self._world
        if len(world.runs) < world.scenario.refunds:
            world.perhaps_change(2)
        missing = [each for each in LINES if each not in world.runs and world.is_left(each)][
            : world.scenario.refunds - len(world.books.asked_for)
        ]
        held = frozenset(each.dispute_id for each in world.books.disputes.values() if each.holds_its_payment)
        for refund_id in missing:
            occasion = "asks", refund_id, held
            if not (held and occasion in self._asked):
                self._asked.add(occasion)
                world.start(refund_id, Opening.REQUESTED)
                return True
        return False

    def _bank(self) -> bool:
        """The bank says something sooner or later, while refunds wait."""
        return bool(self._world.scenario.disputes) and not self._world.choices.toss(3) and self._world.bank_goes_on()

    def _provider(self) -> bool:
        """What is pending at the provider is decided, one day or another."""
        pending = [each for each in self._world.books.provider.refunds if each.is_undecided]
        if not pending or self._world.choices.pick(3):
            return False
        self._world.provider_decides(pending[0])
        return True

    def _pick_up(self) -> bool:
        for refund_id, run in self._world.runs.items():
            check_what_is_known(self._world, refund_id)
            book = self._world.books.refunds[refund_id]
            is_open = book.attention is not None or refund_id in self._world.opened_late
            is_lost = run.finished in _ENDED_EARLY or (run.finished and is_open)
            if is_lost and not book.status.is_final:
                self._world.start(refund_id, Opening.RESUMED)
                return True
            if self._world.is_to_be_woken(refund_id) and self._wake(refund_id):
                return True
            check_at_rest(self._world, refund_id)
        return False

    def _wake(self, refund_id: str) -> bool:
        """Wake a refund, not for ever where that changes nothing."""
        book, run = self._world.books.refunds[refund_id], self._world.runs[refund_id]
        waiting = tuple(word_id for word_id, each in book.words.items() if not each.is_taken_up)
        occasion = refund_id, waiting, book.attention, run.asks, run.run_id
        if self._woken[occasion] == _MOST_WOKEN:
            waits_for_people = run.asks and book.attention is not None
            if run.is_loaded and run.run_id == book.run and not waits_for_people:
                self._world.books.wrong(f"{refund_id} is woken again and again, and never does what it is woken for")
            return False
        self._woken[occasion] += 1
        self._world.wake(refund_id)
        return True

    def time(self) -> bool:
        due = [
            (at, refund_id, seq)
            for refund_id, run in self._world.runs.items()
            if run.finished is None
            for seq, at in run.timers.items()
        ]
        if not due:
            return False
        _, refund_id, seq = min(due)
        self._world.turn(refund_id, self._world.fire(refund_id, seq))
        return True

    def _late_failure(self) -> bool:
        """The provider takes back what its behaviour says, and its webhook arrives in the end, whatever happens."""
        provider = self._world.books.provider
        for refund in provider.refunds:
            if (
                provider.behaviours[refund.payment_id] is ProviderBehaviour.PAYS_THEN_FAILS
                and refund.status is GatewayStatus.SUCCEEDED
            ):
                self._world.provider_takes_back(refund)
                return True
        for refund_id, book in self._world.books.refunds.items():
            for payout in book.payouts.values():
                found = provider.by_key(payout.key)
                if payout.paid_by is PaidBy.GATEWAY and found is not None and found.status is GatewayStatus.FAILED:
                    self._world.payout_event(refund_id, payout.payment_id, GatewayStatus.FAILED)
                    self._go_on_with_an_old_answer(payout)
                    return True
        return False

    def _go_on_with_an_old_answer(self, payout: BookedPayout) -> None:
        """An attempt that stood still between the provider's yes and our books may go on now, of all times."""
        for late in self._world.late:
            if late.asks_for is payout and late.answer is not None and self._world.choices.toss(2):
                self._world.late.remove(late)
                self._world.land(late)
                return
