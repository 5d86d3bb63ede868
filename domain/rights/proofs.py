"""What whoever reads the messages of an e-mail address or a phone has proved about an order, and how long it lasts."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from domain.sale.guests import Guest, contact, is_guest

MOST_GUESSES = 5
"""So often a code is guessed at: of two hundred thousand who guess five times at six digits, one is right."""

CODE_LASTS = timedelta(minutes=10)

LINK_LASTS = timedelta(minutes=5)
"""So long a customer may take from the page of the shop to ours."""

SESSION_LASTS = timedelta(minutes=30)

CHALLENGE_LASTS = timedelta(minutes=5)
"""So long somebody may take to find the finger that their device knows."""

MOST_PASSKEYS = 10
"""So many a customer has: one for each device, and some that were lost."""


class Proof(StrEnum):
    """ACCOUNT: they are the customer, and see all that is theirs. ORDER: they bought this order, and see no other."""

    ACCOUNT = "account"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who has an order now, with what their account says, and whom the order itself names as its guest."""

    customer_id: str
    email: str | None = None
    phone: str | None = None
    guest: Guest | None = None


def proved_by(buyer: Buyer) -> dict[str, Proof]:
    """Say what a message proves, by the contact in one form that it reaches.

    The guest whom an order names proves that order alone: another under the same e-mail may be of somebody who wrote
    it beside a phone of their own.
    """
    proved: dict[str, Proof] = {}
    if buyer.guest is not None:
        proved |= dict.fromkeys(_in_one_form(buyer.guest.email, buyer.guest.phone), Proof.ORDER)
    if not is_guest(buyer.customer_id):
        proved |= dict.fromkeys(_in_one_form(buyer.email, buyer.phone), Proof.ACCOUNT)
    return proved


def _in_one_form(*contacts: str | None) -> list[str]:
    """What a merchant has in an account may be no address at all."""
    found = []
    for each in contacts:
        try:
            found.append(contact(each or ""))
        except ValueError:
            continue
    return found
