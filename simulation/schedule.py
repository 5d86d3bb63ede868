"""Decides what happens next in a schedule, until everything that was begun has come to its end."""

from collections.abc import Callable
from dataclasses import dataclass

from activities.reopening import Opening
from domain.claims import ClaimState
from domain.reasons import RefundStatus
from domain.review import Decision
from gateways.ports import GatewayStatus
from simulation import people
from simulation.auditor import audit
from simulation.choices import Choices
from simulation.moves import Job, Signal
from simulation.play import Play
from simulation.runs import Diverged, Mistake
from simulation.scenario import Mood, Scenario
from workflows.messages import DecideSignal, Resolution
from workflows.refund import RefundWorkflow

_MOST_MOVES = 400
_ENDED_EARLY = ("terminated", "failed", "cancelled")
_MOST_MISCHIEF = 8


@dataclass(frozen=True, slots=True)
class Played:
    """A schedule as it came out: what happened, what was wrong, and the decisions that make it happen again."""

    scenario: Scenario
    told: tuple[tuple[str, ...], ...]
    wrongs: tuple[str, ...]
    made: tuple[int, ...]

    @property
    def fingerprint(self) -> int:
        return hash((self.scenario, self.told))


def play(choices: Choices, workflow: type = RefundWorkflow) -> Played:
    """Play one schedule to its end, and have its books audited."""
    schedule = _Schedule(Play(choices, workflow))
    wrongs = schedule.run()
    world = schedule.world
    for run in world.runs.values():
        run.end()
    return Played(world.scenario, tuple(world.told), tuple(wrongs), tuple(choices.made))


class _Schedule:
    def __init__(self, world: Play) -> None:
        self.world = world
        self._mischief_left = _MOST_MISCHIEF
        self._asked: set[str] = set()

    def run(self) -> list[str]:
        world = self.world
        try:
            world.start("A", Opening.REQUESTED)
            for _ in range(_MOST_MOVES):
                if not self._next():
                    while world.late:
                        world.land(world.late.pop())
                    return audit(world)
        except (Mistake, Diverged) as wrong:
            return [f"{type(wrong).__name__}: {wrong}"]
        return ["the schedule does not come to an end"]

    def _next(self) -> bool:
        chosen = self.world.choices.pick(1 + len(_MISCHIEF)) if self._mischief_left else 0
        if chosen:
            refund_id = self._somebody()
            if _MISCHIEF[chosen - 1](self, refund_id):
                self._mischief_left -= 1
                return True
        return self._go_on()

    def _somebody(self) -> str:
        refunds = list(self.world.runs)
        return refunds[self.world.choices.toss(len(refunds))]

    # Bringing everything on

    def _go_on(self) -> bool:
        """The next thing that has to happen anyway, first those of a refund drawn by lot."""
        refunds = list(self.world.runs)
        if len(refunds) > 1 and self.world.choices.toss(2):
            refunds.reverse()
        return any(self._work(each) for each in refunds) or any(self._speak(each) for each in refunds) or self._rest()

    def _work(self, refund_id: str) -> bool:
        run = self.world.runs[refund_id]
        if run.finished is not None or not run.pending:
            return False
        self.world.turn(refund_id, self.world.finish(refund_id, next(iter(run.pending))))
        return True

    def _speak(self, refund_id: str) -> bool:
        """People say what a refund waits for, once for each time that it does."""
        world = self.world
        if world.runs[refund_id].finished is not None:
            return False
        word = world.word(refund_id)
        if word is None:
            return False
        book = world.books.refunds[refund_id]
        occasion = f"{refund_id} {word.name} {book.status} {book.round} {book.attention} {len(book.said)}"
        if occasion in self._asked:
            return False
        self._asked.add(occasion)
        world.say(refund_id, word)
        return True

    def _rest(self) -> bool:
        """Time passes, providers decide, ended workflows are picked up, the second refund is asked for."""
        return self._second() or self._provider() or self._pick_up() or self._time() or self._late_failure()

    def _second(self) -> bool:
        world = self.world
        if len(world.runs) >= world.scenario.refunds:
            return False
        world.start("B", Opening.REQUESTED)
        return True

    def _provider(self) -> bool:
        """What is pending at the provider is decided, one day or another."""
        pending = [each for each in self.world.books.provider.refunds if each.status is GatewayStatus.PENDING]
        if not pending or self.world.choices.pick(3):
            return False
        self.world.books.provider.decide(pending[0])
        self.world.note("provider", "decides", pending[0].payment_id)
        return True

    def _pick_up(self) -> bool:
        for refund_id, run in self.world.runs.items():
            if run.finished in _ENDED_EARLY and not self.world.books.refunds[refund_id].status.is_final:
                self.world.start(refund_id, Opening.PICKED_UP)
                return True
        return False

    def _time(self) -> bool:
        due = [
            (at, refund_id, seq)
            for refund_id, run in self.world.runs.items()
            if run.finished is None
            for seq, at in run.timers.items()
        ]
        if not due:
            return False
        _, refund_id, seq = min(due)
        self.world.turn(refund_id, self.world.fire(refund_id, seq))
        return True

    def _late_failure(self) -> bool:
        """The provider takes back what it is in the mood to, and its news arrives in the end, whatever happens."""
        provider = self.world.books.provider
        for refund in provider.refunds:
            if provider.moods[refund.payment_id] is Mood.PAYS_THEN_FAILS and refund.status is GatewayStatus.SUCCEEDED:
                self.world.note("provider", "takes back", refund.payment_id)
                provider.take_back(refund)
                return True
        for refund_id, book in self.world.books.refunds.items():
            for payout in book.payouts.values():
                found = provider.by_key(payout.key)
                if payout.paid_by == "gateway" and found is not None and found.status is GatewayStatus.FAILED:
                    self.world.news(refund_id, payout.payment_id, GatewayStatus.FAILED)
                    return True
        return False

    # Mischief: each returns False where it can't be made now

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
        return self._say(refund_id, lambda id_: people.review(id_, Decision.APPROVE))

    def _ask_for_evidence(self, refund_id: str) -> bool:
        return self._say(refund_id, lambda id_: people.review(id_, Decision.REQUEST_EVIDENCE))

    def _ship(self, refund_id: str) -> bool:
        return self._say(refund_id, people.shipment)

    def _receive(self, refund_id: str) -> bool:
        """A parcel arrives, whether it is expected or not; a late one opens an expired refund again."""
        world = self.world
        if world.runs[refund_id].finished is None:
            return self._say(refund_id, people.receipt)
        if world.books.refunds[refund_id].status is not RefundStatus.EXPIRED:
            return False
        parcel = people.receipt(world.new_id())
        world.updates[parcel.update_id] = refund_id, parcel
        world.start(refund_id, Opening.LATE_PARCEL, parcel)
        return True

    def _accept_nothing(self, refund_id: str) -> bool:
        return self._say(refund_id, lambda id_: people.inspection(id_, accepted=0))

    def _resolve(self, refund_id: str) -> bool:
        """Somebody answers a call for help with whatever they like."""
        needed = self.world.books.refunds[refund_id].attention
        if needed is None:
            return False
        action = tuple(Resolution)[self.world.choices.toss(len(Resolution))]
        return self._say(refund_id, lambda id_: people.resolve(id_, needed.step, action))

    def _say(self, refund_id: str, word: "Callable[[str], people.Update]") -> bool:
        if self.world.runs[refund_id].finished is not None:
            return False
        self.world.say(refund_id, word(self.world.new_id()), *self._with(refund_id))
        return True

    def _decide_by_signal(self, refund_id: str) -> bool:
        if self.world.runs[refund_id].finished is not None:
            return False
        self.world.note(refund_id, "signal", "decide")
        self.world.turn(refund_id, *self._with(refund_id), Signal("decide", DecideSignal("approve", "wang", "")))
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

    def _evict(self, refund_id: str) -> bool:
        run = self.world.runs[refund_id]
        if run.finished is not None:
            return False
        self.world.note(refund_id, "is evicted and replayed")
        run.replay()
        return True

    def _let_time_pass(self, _: str) -> bool:
        """A timer is up although people or activities were about to say something."""
        return self._time()

    def _days_pass(self, _: str) -> bool:
        self.world.note("days pass")
        self.world.now += 4 * 24 * 3600
        return True

    def _land(self, _: str) -> bool:
        if not self.world.late:
            return False
        self.world.land(self.world.late.pop(0))
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
        self.world.news(refund_id, payment_id, GatewayStatus.FAILED if says_failed else found.status)
        return True

    def _second_comes_early(self, _: str) -> bool:
        return self._second()


_MISCHIEF: tuple[Callable[[_Schedule, str], bool], ...] = (
    _Schedule._cancel,
    _Schedule._reject,
    _Schedule._approve,
    _Schedule._ask_for_evidence,
    _Schedule._ship,
    _Schedule._receive,
    _Schedule._accept_nothing,
    _Schedule._resolve,
    _Schedule._decide_by_signal,
    _Schedule._cancel_from_temporal,
    _Schedule._terminate,
    _Schedule._evict,
    _Schedule._let_time_pass,
    _Schedule._days_pass,
    _Schedule._land,
    _Schedule._news,
    _Schedule._second_comes_early,
)
