"""What became of one order of another system: ours, or why it can't be."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


class Unreadable(ValueError):
    """Something that can't be expressed here: `path` leads to the field of the payload, `why` is for its sender."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


@dataclass(frozen=True, slots=True)
class ImportedOrder:
    """An order as `PUT /v1/orders/{order_id}` takes it, with what happened to it elsewhere.

    `refunds` are bodies of `external-refunds`, `disputes` of `disputes`; `path` is where it came from.
    """

    order_id: str
    body: Json
    path: str
    refunds: tuple[Json, ...] = ()
    disputes: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedOrder:
    """`order_id` is empty where not even that could be read."""

    order_id: str
    path: str
    why: str


@dataclass(slots=True)
class Notes:
    """What of the payloads was not read, each field once: knowingly, with the reason, or because nobody knows it."""

    ignored: dict[str, str] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Read:
    """All that was found in some payloads; each order is read or refused by itself."""

    orders: tuple[ImportedOrder, ...]
    refused: tuple[RefusedOrder, ...]
    notes: Notes
