"""A carrier as the contract suite knows it: what it can be made to do, and what it has in its own books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateways.ports import Callback, Label, ParcelState
from service.carrier_accounts import Carriers


class Case(StrEnum):
    """What an adapter has to show, each with a party that can stage it; `docs/carriers.md` has a row for each."""

    SAME = "the same label however often it is asked for, and by however many"
    ANSWER_LOST = "a lost answer: asked again, one label stands"
    VOID_FOR_EVER = "a void label is void for ever, and called off at the carrier"
    VOID_FIRST = "voided before it was issued: never issued"
    VOID_MEANWHILE = "voided while it is made: called off, and not handed out"
    PARCELS = "two parcels: a label and a number each, voided together"
    PRINTS = "real PDF and ZPL, with a bar code that says the tracking number"
    PICKUP = "a pick-up where it is offered, else a label without one"
    REFUSED = "refused, with the carrier's reason"
    BROKEN = "429 and 500 are no answer: asked again"
    TOO_LATE = "too late to be called off at the carrier: void here all the same"
    UNKNOWN = "a parcel that they don't know, or don't have yet: nothing is told"
    POLLED = "asked how far a parcel has come"
    WEBHOOK = "webhook: verified and understood"
    FORGED = "webhook: forged, changed or unsigned"
    REPLAYED = "webhook: sent twice, or played again later"
    OUT_OF_ORDER = "webhook: an older state told last"


@dataclass(frozen=True, slots=True)
class AtCarrier:
    """A label in the carrier's own books."""

    number: str
    is_good: bool


class Party(Protocol):
    """`carriers` is what the product asks; `collects` says whether it offers pick-ups."""

    merchant_id: str
    carriers: Carriers
    collects: bool

    async def booked(self) -> Sequence[AtCarrier]: ...

    async def pickups(self) -> int:
        """How many pick-ups are booked, and not called off."""
        ...

    async def refuse(self) -> str:
        """Have the next label refused; return a part of the reason."""
        ...

    async def break_down(self) -> int:
        """Have the next questions answered by a breakdown; return by how many."""
        ...

    async def lose_an_answer(self) -> None: ...

    async def move(self, label: Label, state: ParcelState, at: datetime) -> None: ...

    def hear(self, headers: Mapping[str, str], body: bytes) -> Callback: ...
