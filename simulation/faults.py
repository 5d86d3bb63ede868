"""The faults that the simulation must find: each is what somebody might really do to the saga on a tired afternoon."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.lifecycle import PayoutStatus
from gateways.ports import GatewayStatus
from simulation.books import SHARE, Payout, RefundBook
from simulation.deeds import Deeds
from simulation.deeds_after import AllDeeds
from simulation.provider import Refund


@dataclass(frozen=True, slots=True)
class Slip:
    """A change of a room of the workflow: every `old` in it becomes `new`."""

    name: str
    room: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Misdeed:
    """A change of what the activities do: a method of the model is replaced."""

    name: str
    owner: type
    method: str
    replacement: Callable[..., Any]


SLIPS = (
    Slip(
        "undos are registered after the steps",
        "refund",
        "                await self._reopening.begin(saga, known)\n"
        "                assessment = await self._reviewing.review(self._reopening.decided(known))\n"
        "                inspection = await self._parcel.take_goods_back(assessment)\n"
        "                settled = await self._settle(inspection)\n",
        "                assessment = await self._reviewing.review(self._reopening.decided(known))\n"
        "                inspection = await self._parcel.take_goods_back(assessment)\n"
        "                settled = await self._settle(inspection)\n"
        "                await self._reopening.begin(saga, known)\n",
    ),
    Slip(
        "a cancellation is not undone", "saga", "(RefundStopped, FailureError, asyncio.CancelledError)", "RefundStopped"
    ),
    Slip("unwinding is not seen through", "saga", "await see_through(self._unwind())", "await self._unwind()"),
    Slip(
        "the pivot is abandoned when somebody cancels",
        "refund",
        "await see_through(self._paying.pay_everyone(settled, rule))",
        "await self._paying.pay_everyone(settled, rule)",
    ),
    Slip("a stuck undo strands the others", "saga", "stuck.append((undo, failed))", "raise"),
    Slip("a stuck undo is only forgotten", "saga", "await self._is_stuck(undo, reason)", "pass"),
    Slip(
        "what was held is never released",
        "reopening",
        "        saga.undo_with(Settlements.release_settlement, ReleaseSettlement(refund, self._steps.run))\n",
        "",
    ),
    Slip("claims are never released", "reopening", "saga.undo_with(Refunds.release_claims, refund)", "pass"),
    Slip(
        "the label is never voided",
        "reopening",
        "        saga.undo_with(Returns.void_return, IssueReturn(refund, workflow.now()))\n",
        "",
    ),
    Slip(
        "the first run registers the hold's undo with its step, and loses both with one task",
        "reopening",
        "        saga.undo_with(Settlements.release_settlement, ReleaseSettlement(refund, self._steps.run))\n"
        "        if known is None:\n            return\n",
        "        if known is None:\n            return\n"
        "        saga.undo_with(Settlements.release_settlement, ReleaseSettlement(refund, self._steps.run))\n",
    ),
    Slip(
        "a run is named by how its id begins, as others of that minute", "steps", "info().run_id", "info().run_id[:8]"
    ),
    Slip("what is said is named by its number alone", "steps", '.{zlib.crc32(repr(what).encode()):08x}"', '"'),
    Slip(
        "entitlements are restored before the payout",
        "refund",
        "await see_through(self._paying.pay_everyone(settled, rule))",
        "await self._restoring.give_back(settled); await see_through(self._paying.pay_everyone(settled, rule))",
    ),
    Slip(
        "what was held is captured before the payout",
        "paying",
        "        answers = [",
        "        from activities.points import Points\n"
        "        await self._steps.take(Points.restore_points, self._steps.refund)\n"
        "        answers = [",
    ),
    Slip("pending counts as paid", "paying", "while result.status is not PayoutStatus.SUCCEEDED", "while False"),
    Slip("a declined tender is dropped", "paying", "result = await self._declined(command, result, rule)", "break"),
    Slip(
        "the second payment is unwound after the first succeeded",
        "paying",
        "if disputed and not self._is_past_the_pivot:",
        "if disputed:",
    ),
    Slip(
        "the first share that is disputed decides for all",
        "paying",
        "disputed.append((share, result))",
        "raise RefundRefused('the payment was charged back')",
    ),
    Slip("a chargeback is credited as well", "paying", "not in _FOR_A_PERSON", "!= PAYOUT_REVERSED"),
    Slip("the second tender is forgotten", "paying", "for share in shares]", "for share in shares[:1]]"),
    Slip(
        "an update is answered before its effect",
        "refund",
        "await workflow.wait_condition(lambda: has_happened() or self._is_over)\n        if not has_happened():\n",
        "if self._steps.status.is_final:\n",
    ),
    Slip(
        "a cancellation is answered at once",
        "refund",
        "await workflow.wait_condition(lambda: self._is_over)",
        "pass",
    ),
    Slip(
        "a resolution is answered before anybody acts on it",
        "refund",
        "        await workflow.wait_condition(lambda: self._steps.resolution is not resolution)\n"
        "        if self._steps.taken is not resolution:\n",
        "        if False:\n",
    ),
    Slip(
        "a parcel in the last instant is lost",
        "waiting",
        "        self._desk.stop_if_cancelled()\n        return ready()\n",
        "        self._desk.stop_if_cancelled()\n        return ready() and not self._desk.receipts\n",
    ),
    Slip(
        "a parcel is answered and never recorded",
        "parcel",
        "await self._steps.must(Returns.record_receipt, command)",
        "pass",
    ),
    Slip("cancelling is possible during the payout", "desk", "if self.phase >= Phase.PAYOUT:", "if False:"),
    Slip("people may speak while a refund is undone", "saga", "self._begins_to_stop()", "pass"),
    Slip("a payout that fails later is ignored", "paying", "        return has_failed\n", "        return False\n"),
    Slip("nothing is withdrawn after a late failure", "refund", "await self._restoring.withdraw(settled)", "pass"),
    Slip(
        "points are not withdrawn after a late failure",
        "restoring",
        "await self._steps.take(Points.withdraw_points, refund)",
        "pass",
    ),
    Slip(
        "a late failure begins no new round",
        "restoring",
        "self._steps.refund = refund.next_round",
        "self._steps.refund = refund",
    ),
    Slip("a run that is picked up undoes what was paid", "refund", "known.is_past_the_pivot", "known.was_taken_back"),
    Slip(
        "a late parcel is paid without another look",
        "reopening",
        " and self._start.opening is Opening.PICKED_UP",
        "",
    ),
    Slip(
        "a failed step is passed over",
        "steps",
        "                await self.help_with(do.__name__, reason_of(failed), (Resolution.RETRY,))\n",
        "                return None  # type: ignore[return-value]\n",
    ),
    Slip(
        "the workflow ends with questions unanswered",
        "closing",
        "await workflow.wait_condition(workflow.all_handlers_finished)",
        "pass",
    ),
    Slip(
        "the workflow throws dice",
        "steps",
        "        command = Notify(self.refund, topics, note, self.occurrence((topics, note)))\n",
        "        import random\n"
        "        command = Notify(self.refund, topics, str(random.random()), self.occurrence(topics))\n",
    ),
)


def _forget_the_tombstone(self: RefundBook, step: str, result: Any = None) -> bool:
    if step in self.effects:
        return False
    self.effects[step] = result
    return True


def _take_a_repeat_for_new(self: RefundBook, step: str, result: Any = None) -> bool:
    self.effects[step] = result
    return True


def _make_the_key_of_the_attempt(self: AllDeeds, payout: Payout) -> Refund:
    self.attempts = getattr(self, "attempts", 0) + 1  # type: ignore[attr-defined]
    key = f"{payout.key}:{self.attempts}"  # type: ignore[attr-defined]
    return self.books.provider.refund(key, payout.payment_id, SHARE, self.now)


def _never_look(self: AllDeeds, payout: Payout) -> None:
    """Whatever was asked before is forgotten."""


def _tell_what_is_now(self: Deeds, command: Any) -> Any:
    self.of(command.refund).told_to.clear()
    return _TAKE_OVER(self, command)


def _keep_the_key(self: AllDeeds, payout: Payout) -> None:
    """Nothing ends a key."""


def _book_without_looking(self: AllDeeds, payout: Payout, key: str, answer: Refund) -> Any:
    _BOOK(self, payout, key, answer)
    if payout.key == key and answer.status is GatewayStatus.SUCCEEDED and payout.paid_by is None:
        payout.status, payout.paid_by = PayoutStatus.SUCCEEDED, "gateway"
    return _BOOK(self, payout, key, answer)


def _book_whatever_comes(self: AllDeeds, payout: Payout, key: str, answer: Refund) -> Any:
    result = _BOOK(self, payout, key, answer)
    if answer.status is GatewayStatus.PENDING:
        payout.status = PayoutStatus.PENDING
    return result


_BOOK = AllDeeds.book
_TAKE_OVER = Deeds.take_over

MISDEEDS = (
    Misdeed("tombstones are ignored", RefundBook, "first_time", _forget_the_tombstone),
    Misdeed("repeated attempts do it again", RefundBook, "first_time", _take_a_repeat_for_new),
    Misdeed("the payout's key is made of the attempt", AllDeeds, "ask_provider", _make_the_key_of_the_attempt),
    Misdeed("a run that lost its task is told something else", Deeds, "take_over", _tell_what_is_now),
    Misdeed("a payout is asked for again without a look-up", AllDeeds, "found", _never_look),
    Misdeed("a key that got a no is asked again", AllDeeds, "end_key", _keep_the_key),
    Misdeed("an old yes is booked after a no without a look-up", AllDeeds, "book", _book_without_looking),
    Misdeed("a late pending is booked over a yes", AllDeeds, "book", _book_whatever_comes),
)
