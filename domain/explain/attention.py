"""Calls for help: what is stuck, how much to whom, and the very words that answer it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from domain.explain.endings import RejectionReason
from domain.money.amounts import Money

REVIEW, RECEIPT, INSPECTION = "review", "receipt", "inspection"
"""Steps that wait for people's word itself, not for an answer to a call for help."""

_MEANS = {
    "retry": "the cause is mended: the step runs again",
    "settle": "you did it by hand: it is booked as done, with your note",
    "failed": "the bank refused it, or sent it back: the refund goes on as for a payment that was declined",
    "skip": "it need not be done: your note says why",
    "approve": "the refund goes on",
    "reject": "the refund is refused; the customer reads the sentence of `reason_code` in their language",
    RECEIPT: "the parcel is here: everything that is still expected is received",
    INSPECTION: "everything that was received is accepted",
}
_YOU = "your name"
_WHY = "what you did, or why"
_TRANSFERRED = {"settle": {"reference": "what the bank calls the transfer"}}


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that people can say: what it means, and where to say it.

    Over HTTP it is `body`, posted to `path`; in Temporal it is the update `update` with `said`. Both are JSON.
    """

    action: str
    means: str
    path: str
    body: str
    update: str
    said: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """What a call for help is about: a refund of an order, and the payment whose share is stuck, where it is one.

    `amount` is the payment's share, else what the refund comes to. `reference` is how the provider finds the payout.
    """

    refund_id: str
    order_id: str
    amount: Money
    payment_id: str | None = None
    reference: str | None = None


def answers(refund_id: str, step: str, actions: tuple[str, ...]) -> tuple[Answer, ...]:
    """Spell out what can be answered to a step that needs attention, ready to be sent."""
    if step == REVIEW:
        words = {"approve": {}, "reject": {"reason_code": RejectionReason.OTHER}}
        told = [{"decision": word, **more} for word, more in words.items()]
        return tuple(_answer(refund_id, step, said["decision"], said, said) for said in told)
    if step == RECEIPT:
        return (_answer(refund_id, step, step, {}, {"received": []}, by="actor"),)
    if step == INSPECTION:
        return (_answer(refund_id, step, step, {}, {"lines": []}, by="actor"),)
    return tuple(
        _answer(refund_id, "resolution", action, resolution, resolution, update="resolve")
        for action in actions
        for resolution in ({"step": step, "action": action, **_more(action, actions)},)
    )


def _more(action: str, actions: tuple[str, ...]) -> Mapping[str, str]:
    """What else is said of money that people transfer themselves: that alone may fail."""
    return _TRANSFERRED.get(action, {}) if "failed" in actions else {}


def _answer(
    refund_id: str,
    where: str,
    action: str,
    body: Mapping[str, object],
    said: Mapping[str, object],
    *,
    update: str = "",
    by: str = "by",
) -> Answer:
    note: Mapping[str, object] = {} if by == "actor" else {"note": _WHY}
    return Answer(
        action=action,
        means=_MEANS.get(action, action),
        path=f"/v1/refunds/{refund_id}/{where}",
        body=json.dumps({**body, **note}),
        update=update or where,
        said=json.dumps({**said, by: _YOU, **note}),
    )


def what_is_stuck(stuck: Stuck) -> str:
    """Say what waits: ¥600.00 to payment p1 (at the provider: re_1) of order o1."""
    if stuck.payment_id is None:
        return f"{stuck.amount} of order {stuck.order_id}"
    reference = f" (at the provider: {stuck.reference})" if stuck.reference else ""
    return f"{stuck.amount} to payment {stuck.payment_id}{reference} of order {stuck.order_id}"


def for_the_inbox(stuck: Stuck, step: str, reason: str, actions: tuple[str, ...]) -> str:
    """Say in one message what waits, and what can be answered."""
    said = " or ".join(f"POST {each.path} {each.body}" for each in answers(stuck.refund_id, step, actions))
    return f"{step}: {reason}. It is about {what_is_stuck(stuck)}. To answer: {said}"


def to_do(stuck: Stuck, step: str, actions: tuple[str, ...]) -> str:
    """Say in Markdown, for the Temporal UI, what can be answered, by the update of this workflow or over HTTP."""
    lines = [
        f"- **{each.action}** ({each.means}): update `{each.update}` with `{each.said}`, "
        f"or `POST {each.path}` with `{each.body}`"
        for each in answers(stuck.refund_id, step, actions)
    ]
    return f"about {what_is_stuck(stuck)}, one of\n\n" + "\n".join(lines)
