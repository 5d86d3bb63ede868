"""Who bought without an account: a merchant knows a guest by e-mail, or by phone where there is none (rule 57).

A guest has an id of makewhole's own, which nobody is told and nobody can say: everything that counts by customer counts
by it, until a customer gets what the guest has.
"""

import re
from dataclasses import dataclass

MOST_CHARACTERS_OF_EMAIL = 254
"""No mail server takes a longer address."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")

_NOBODYS_ID = " guest-"
"""No id that is said begins with a space (`domain/spelling.py`)."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Whom an order names in place of a customer, letter by letter; at least one of e-mail and phone is there."""

    email: str | None = None
    phone: str | None = None
    locale: str | None = None

    @property
    def contact(self) -> str:
        """What a merchant knows the guest by: the e-mail in one form, else the phone.

        Two guests who share a phone and have e-mails of their own are two.
        """
        if self.email is not None:
            return email_address(self.email)
        assert self.phone is not None, "a guest has an e-mail or a phone"
        return phone_number(self.phone)

    @property
    def in_one_form(self) -> "Guest":
        return Guest(self.email and email_address(self.email), self.phone and phone_number(self.phone), self.locale)


def email_address(text: str) -> str:
    """Bring an e-mail address to one form: case and surrounding spaces mean nothing.

    Raises ValueError with a sentence that says what would be right.
    """
    address = text.strip()
    if not _EMAIL.fullmatch(address):
        raise ValueError("write an e-mail address with one @ and no spaces inside, for example a@example.com")
    if len(address) > MOST_CHARACTERS_OF_EMAIL:
        raise ValueError(f"an e-mail address has at most {MOST_CHARACTERS_OF_EMAIL} characters")
    return address.lower()


def phone_number(text: str) -> str:
    """Take a phone number as E.164 writes it; raises ValueError with a sentence that says what would be right."""
    if not _PHONE.fullmatch(text):
        raise ValueError(
            "write a phone number as E.164 does: +, the country's code and the number, 7 to 15 digits and nothing "
            "between them, for example +8613800000000"
        )
    return text


def contact(text: str) -> str:
    """Bring to one form what a merchant knows a guest by: an e-mail address, or a phone number as E.164 writes it.

    Raises ValueError with a sentence that says what would be right.
    """
    return email_address(text) if "@" in text else phone_number(text)


def guest_id(drawn: str) -> str:
    """Name a guest by what was drawn by lot; no id that a merchant says is like it."""
    return _NOBODYS_ID + drawn


def is_guest(customer_id: str) -> bool:
    return customer_id.startswith(_NOBODYS_ID)


def account(customer_id: str) -> str | None:
    """Return the id as its merchant knows it; None for a guest, whose id means nothing to anybody."""
    return None if is_guest(customer_id) else customer_id


def called(customer_id: str) -> str:
    """Name a customer in a sentence."""
    return "this guest" if is_guest(customer_id) else f"customer {customer_id!r}"
