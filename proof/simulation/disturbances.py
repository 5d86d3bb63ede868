"""What may go wrong, come early, late or twice: each returns False where it can't happen now."""

from collections.abc import Callable

from activities.reopening import Opening
from domain.claims.claims import ClaimState
from domain.lifecycle import RefundStatus
from domain.rights.review import Decision
from gateways.ports import GatewayStatus
from proof.simulation import people
from proof.simulation.course import Course
from proof.simulation.moves import Job, Signal, Update
from proof.simulation.play import Play
from workflows.contract import Resolution, ReviewSaid


class Disturbances:
    def __init__(self, world: Play, course: Course) -> None:
        self.world = world
        self._course = course

    def _with(self, refund_id: str) -> tuple[Job, ...]:
        """Perhaps something else ends in the very same task."""
        run = self.world.runs[refund_id]
        if run.pending and self.world.choices.toss(2):
            return (self.world.finish(refund_id, next(iter(run.pending))),)
        if run.timers and self.world.choices.toss(4) == 1:
            return (self.world.fire(refund_id, min(run.timers, key=lambda seq: run.timers[seq])),)
        return ()

    def _cancel(self, refund_id: str) -> bool:
        return self._say(refund_id, people.cancel)

    def _reject(self, refund_id: str) -> bool:
        return self._say(refund_id, lambda id_: people.review(id_, Decision.REJECT))

    def _approve(self, refund_id: str) -> bool:
        """A reviewer approves; of several who have to, perhaps the one who has."""
        book = self.world.books.refunds[refund_id]
        key = self.world.choices.toss(2) if book.approvals_needed > 1 else 0
        return self._say(refund_id, lambda id_: people.approval(book, id_, key))

    def _ask_for_evidence(self, refund_id: str) -> bool:
        return self._say(refund_id, lambda id_: people.review(id_, Decision.REQUEST_EVIDENCE))

    def _ship(self, refund_id: str) -> bool:
        return self._say(refund_id, people.shipment)

    def _receive(self, refund_id: str) -> bool:
        """A parcel arrives, whether it is expected or not; a late one opens an expired refund again."""
        world = self.world
        if world.runs[refund_id].finished is None:
            return self._say(refund_id, people.receipt)
        return self._comes_late(refund_id, world.books.refunds[refund_id].quantity - 1, world.late_parcel)

    def _receive_a_part(self, refund_id: str) -> bool:
        """A parcel arrives with a part of what is expected."""
        part = self._a_part_of(refund_id)
        return self._say(refund_id, lambda id_: people.receipt(id_, part))

    def _lose_parcel(self, refund_id: str) -> bool:
        """The parcel is lost on its way back, or was, and the refund is over by now."""
        world = self.world
        if world.runs[refund_id].finished is None:
            return self._say(refund_id, people.loss)
        return self._comes_late(refund_id, 0, world.late_loss)

    def _lose_a_part(self, refund_id: str) -> bool:
        """A parcel with a part of what is expected is lost."""
        part = self._a_part_of(refund_id)
        return self._say(refund_id, lambda id_: people.loss(id_, part))

    def _a_part_of(self, refund_id: str) -> tuple[tuple[str, int], ...]:
        """As much as comes in one of several parcels."""
        book = self.world.books.refunds[refund_id]
        return ((book.line_id, max(book.quantity // 3, 1)),)

    def _comes_late(self, refund_id: str, most_received: int, reopen: Callable[[str], None]) -> bool:
        """What comes after the end opens a refund again that came to nothing, where so much is missing."""
        book = self.world.books.refunds[refund_id]
        is_open_to_it = book.status in _STOPPED and book.received <= most_received
        if not self.world.scenario.goods_come_back or not is_open_to_it or not book.line_id:
            return False
        reopen(refund_id)
        return True

    def _accept_less(self, refund_id: str) -> bool:
        book = self.world.books.refunds[refund_id]
        accepted, received = self.world.choices.toss(max(book.received, 1)), book.received
        lines = [(book.line_id, accepted, received - accepted)]
        if book.beside_received:
            beside = book.beside
            lines.append((beside, 1, 0) if accepted and self.world.choices.toss(2) else (beside, 0, 1))
        return self._say(refund_id, lambda id_: people.inspection(id_, *lines))

    def _spend(self, _: str) -> bool:
        """The customer spends points meanwhile, whoever holds them."""
        self.world.customer_spends()
        return True

    def _restore_postgres(self, _: str) -> bool:
        return self.world.restore_postgres()

    def _void_label(self, refund_id: str) -> bool:
        book = self.world.books.refunds[refund_id]
        if not self.world.scenario.goods_come_back or book.status.is_final or book.round > 1 or not book.line_id:
            return False
        self.world.void_label(refund_id)
        return True

    def _order_goes_on(self, _: str) -> bool:
        """Something happens to the order, whatever its refunds do."""
        world = self.world
        is_changed = world.may_change() and world.order_changes()
        return is_changed or world.customer_uses_coupon() or world.parcel_is_found()

    def _resolve(self, refund_id: str) -> bool:
        """Somebody answers a call for help with whatever they like, one of the database or one that Temporal shows."""
        needed = self.world.books.refunds[refund_id].attention
        if needed is None or self.world.choices.toss(2):
            needed = self.world.runs[refund_id].needs or needed
        if needed is None:
            return False
        action = tuple(Resolution)[self.world.choices.toss(len(Resolution))]
        return self._say(refund_id, lambda id_: people.resolve(id_, needed.step, action))

    def _say(self, refund_id: str, word: Callable[[str], Update]) -> bool:
        if self.world.runs[refund_id].finished is not None:
            return False
        self.world.say(refund_id, word(self.world.new_id()), *self._with(refund_id))
        return True

    def _say_again(self, refund_id: str) -> bool:
        return self.world.say_again(refund_id)

    def _say_something_else(self, refund_id: str) -> bool:
        return self.world.say_something_else(refund_id)

    def _decide_by_signal(self, refund_id: str) -> bool:
        if self.world.runs[refund_id].finished is not None:
            return False
        self.world.note(refund_id, "signal", "decide")
        self.world.turn(refund_id, *self._with(refund_id), Signal("decide", ReviewSaid("approve", "wang", "")))
        return True

    def _cancel_from_temporal(self, refund_id: str) -> bool:
        if self.world.runs[refund_id].finished is not None:
            return False
        self.world.cancel_from_temporal(refund_id)
        return True

    def _terminate(self, refund_id: str) -> bool:
        if self.world.runs[refund_id].finished is not None:
            return False
        self.world.terminate(refund_id)
        return True

    def _speak_to_a_new_run(self, refund_id: str) -> bool:
        """A run is ended, and somebody speaks to the next one before it has loaded: for the first time, or again."""
        world, run = self.world, self.world.runs[refund_id]
        book = world.books.refunds[refund_id]
        known = [each for of, each in world.updates.values() if of == refund_id and each.update_id in book.words]
        word = known[world.choices.toss(len(known))] if known and world.choices.toss(2) else world.word(refund_id)
        if run.finished is not None or book.status.is_final or word is None:
            return False
        world.terminate(refund_id)
        world.remember(refund_id, word)
        world.refused.discard(word.key)
        world.start(refund_id, Opening.RESUMED, word)
        return True

    def _evict(self, refund_id: str) -> bool:
        run = self.world.runs[refund_id]
        if run.finished is not None:
            return False
        self.world.note(refund_id, "is evicted and replayed")
        run.replay()
        return True

    def _lose_task(self, refund_id: str) -> bool:
        """A worker dies in the task that comes next."""
        world, run = self.world, self.world.runs[refund_id]
        if run.finished is not None:
            return False
        if run.pending:
            world.lose(refund_id, world.finish(refund_id, next(iter(run.pending))))
            return True
        word = world.word(refund_id)
        if word is None:
            return False
        if word.name == "review" and world.choices.toss(2):
            word = people.review(word.update_id, Decision.REQUEST_EVIDENCE)
        world.remember(refund_id, word)
        world.lose(refund_id, word)
        if world.is_unheard(refund_id, word) and world.choices.toss(2):  # and again where it is said once more
            world.lose(refund_id, word, Signal("wake"))
        return True

    def _lose_word(self, refund_id: str) -> bool:
        """A worker dies in the middle of all that follows from a word, which does not come again.

        A reviewer's word is a question, and another reviewer asks in the place of the first.
        """
        world, run = self.world, self.world.runs[refund_id]
        word = world.word(refund_id)
        if run.finished is not None or run.pending or word is None:
            return False
        if word.name == "review":
            word = people.review(word.update_id, Decision.REQUEST_EVIDENCE)
        world.say(refund_id, word)
        for _ in range(1 if word.name == "review" else world.choices.toss(_FOLLOWS)):
            if done := self._in_this_task(refund_id):
                world.turn(refund_id, world.finish(refund_id, done[0]))
        if last := self._in_this_task(refund_id):
            world.note(refund_id, "loses the task of a word")
            world.lose_words(refund_id, world.finish(refund_id, last[0]))
            if word.name == "review":
                self._ask_for_evidence(refund_id)
        return True

    def _decide_meanwhile(self, refund_id: str) -> bool:
        """A task is lost with the attempt of a word on its way; something else is done, and the word comes again."""
        world, run = self.world, self.world.runs[refund_id]
        word = world.word(refund_id)
        if run.finished is not None or run.pending or word is None:
            return False
        world.say(refund_id, word)
        if under_way := self._in_this_task(refund_id):
            world.note(refund_id, "loses the task of a word, whose attempt is on its way")
            world.leave_on_its_way(refund_id, under_way[0])
            world.lose_words(refund_id)
            if other := world.word(refund_id):
                world.say(refund_id, other)
            while done := self._in_this_task(refund_id):
                world.turn(refund_id, world.finish(refund_id, done[0]))
            world.repeat(refund_id, word)
            if world.choices.toss(2):
                self._land(refund_id)
        return True

    def _in_this_task(self, refund_id: str) -> list[int]:
        """What the task that is not over yet waits for."""
        run = self.world.runs[refund_id]
        return [] if run.finished is not None else [seq for seq, each in run.pending.items() if each.is_local]

    def _let_time_pass(self, _: str) -> bool:
        """A timer is up although people or activities were about to say something."""
        return self._course.time()

    def _days_pass(self, _: str) -> bool:
        self.world.note("days pass")
        self.world.now += 4 * 24 * 3600
        return True

    def _land(self, _: str) -> bool:
        if not self.world.late:
            return False
        self.world.land(self.world.late.pop(self.world.choices.toss(len(self.world.late))))
        return True

    def _news(self, refund_id: str) -> bool:
        book = self.world.books.refunds[refund_id]
        if not book.payouts or book.claims is ClaimState.RELEASED:
            return False
        payment_id = list(book.payouts)[self.world.choices.toss(len(book.payouts))]
        found = self.world.books.provider.by_key(book.payouts[payment_id].key)
        if found is None:
            return False
        says_failed = self.world.choices.toss(2)
        self.world.payout_event(refund_id, payment_id, GatewayStatus.FAILED if says_failed else found.status)
        return True

    def _second_comes_early(self, _: str) -> bool:
        return self._course.second()


DISTURBANCES: tuple[Callable[[Disturbances, str], bool], ...] = (
    Disturbances._cancel,
    Disturbances._reject,
    Disturbances._approve,
    Disturbances._ask_for_evidence,
    Disturbances._ship,
    Disturbances._receive,
    Disturbances._accept_less,
    Disturbances._resolve,
    Disturbances._say_again,
    Disturbances._decide_by_signal,
    Disturbances._cancel_from_temporal,
    Disturbances._terminate,
    Disturbances._evict,
    Disturbances._lose_task,
    Disturbances._let_time_pass,
    Disturbances._days_pass,
    Disturbances._land,
    Disturbances._news,
    Disturbances._second_comes_early,
    Disturbances._receive_a_part,
    Disturbances._lose_parcel,
    Disturbances._spend,
    Disturbances._say_something_else,
    Disturbances._order_goes_on,
    Disturbances._restore_postgres,
    Disturbances._speak_to_a_new_run,
    *(Disturbances._lose_word, Disturbances._lose_word),  # so much follows from a word
    Disturbances._void_label,
    Disturbances._decide_meanwhile,
    Disturbances._lose_a_part,
)
_FOLLOWS = 4
"""So many steps follow from a word in one task, as a rule."""
_STOPPED = (RefundStatus.EXPIRED, RefundStatus.REJECTED, RefundStatus.CANCELLED)
