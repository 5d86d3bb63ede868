"""Whether both answers are true: what the API said is what the refund and the provider's books say afterwards."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tools.client import Json


class Pair(StrEnum):
    APPROVE_AND_CANCEL = "approve_and_cancel"
    CANCEL_AND_PAYOUT = "cancel_and_payout"
    SHIPMENT_AND_DEADLINE = "shipment_and_deadline"
    RECEIPT_AND_DEADLINE = "receipt_and_deadline"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API said to one word: a yes with the status it told, or a no with its code."""

    is_yes: bool
    told: str


@dataclass(frozen=True, slots=True)
class Race:
    """Two words to one refund, or a word and what happened by itself; answers by the name of the word."""

    pair: Pair
    refund_id: str
    total: int
    offset_s: float
    answers: dict[str, Answer]


@dataclass(frozen=True, slots=True)
class Paid:
    """What the provider paid for a refund, in minor units, and in how many payouts."""

    amount: int = 0
    times: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who won; `lies` are sentences about what was answered or done and is not so."""

    winner: str
    lies: tuple[str, ...]


def judge(race: Race, shown: Json, paid: Paid) -> Verdict:
    """Compare the answers with the refund as the API shows it when all is over, and with the provider's books."""
    winner, lies = _JUDGES[race.pair](race, shown, paid)
    name = f"{race.refund_id} ({race.pair}, {round(race.offset_s * 1_000)} ms, {shown['status']})"
    return Verdict(winner, tuple(f"{name}: {lie}" for lie in lies))


_Judged = tuple[str, list[str]]


def _approve_and_cancel(race: Race, shown: Json, paid: Paid) -> _Judged:
    winner, lies = _cancel_and_payout(race, shown, paid)
    return ("approve" if winner == "payout" else winner), lies


def _cancel_and_payout(race: Race, shown: Json, paid: Paid) -> _Judged:
    """An approval may be followed by a cancellation, as long as the payout has not begun: then both are a yes."""
    approve, cancel, status, events = race.answers["approve"], race.answers["cancel"], shown["status"], _events(shown)
    lies: list[str] = []
    if status not in ("cancelled", "completed"):
        lies.append("neither the one nor the other")
    if cancel.is_yes != (status == "cancelled"):
        lies.append(f"the cancellation was answered {cancel}")
    if approve.is_yes != (events.count("approved") == 1):
        lies.append(f"the approval was answered {approve}, and what happened is {', '.join(events)}")
    due = Paid(race.total, 1) if status == "completed" else Paid()
    if paid != due:
        lies.append(f"{paid}, and due is {due}")
    if ("paid" in events) != (status == "completed"):
        lies.append("the timeline does not say what was paid")
    return ("cancel" if status == "cancelled" else "payout"), lies


def _shipment_and_deadline(race: Race, shown: Json, paid: Paid) -> _Judged:
    shipment, events = race.answers["shipment"], _events(shown)
    lies = list(_nothing_paid(paid))
    if shipment.is_yes != (events.count("shipped") == 1 and shown["status"] == "in_transit"):
        lies.append(f"the shipment was answered {shipment}")
    if shipment.is_yes == ("expired" in events):
        lies.append("both the parcel and the deadline, or neither")
    return ("shipment" if shipment.is_yes else "deadline"), lies


def _receipt_and_deadline(race: Race, shown: Json, paid: Paid) -> _Judged:
    """A parcel that comes after the deadline opens its refund again (rule 31): never is one turned away."""
    receipt, events = race.answers["receipt"], _events(shown)
    lies = list(_nothing_paid(paid))
    is_late = "expired" in events
    received = ["expired", "reopened", "parcel_received"] if is_late else ["parcel_received"]
    if not receipt.is_yes:
        lies.append(f"a parcel that arrived was turned away: {receipt}")
    elif [event for event in events if event in ("expired", "reopened", "parcel_received")] != received:
        lies.append(f"the receipt was answered {receipt}, and what happened is {', '.join(events)}")
    elif shown["status"] != ("in_review" if is_late else "inspecting"):
        lies.append("it is not where its parcel is")
    return ("deadline" if is_late else "receipt"), lies


def _nothing_paid(paid: Paid) -> Iterator[str]:
    if paid != Paid():
        yield f"paid before the goods were seen: {paid}"


def _events(shown: Json) -> list[str]:
    return [event["event"] for event in shown["timeline"]]


_JUDGES: dict[Pair, Callable[[Race, Json, Paid], _Judged]] = {
    Pair.APPROVE_AND_CANCEL: _approve_and_cancel,
    Pair.CANCEL_AND_PAYOUT: _cancel_and_payout,
    Pair.SHIPMENT_AND_DEADLINE: _shipment_and_deadline,
    Pair.RECEIPT_AND_DEADLINE: _receipt_and_deadline,
}
