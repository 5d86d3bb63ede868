"""Who one is, proved by a code: it came to an order's e-mail address or phone, or in a link of the shop."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from db import buyers, identity_codes, journal, sessions
from db.api_keys import Caller, Role
from db.identity_codes import Asked, Guessed, InALink, Proves
from db.idle import Lasts
from db.sessions import Session
from domain.audit_actions import AuditAction
from domain.rights.proofs import LINK_LASTS, MOST_GUESSES, SESSION_LASTS, Proof, proved_by
from service.vault import Vault

_DIGITS = 6
_BYTES_IN_A_LINK = 24


@dataclass(frozen=True, slots=True)
class Whom:
    """Where a code is to go, in which language, and what it will prove."""

    contact: str = field(repr=False)
    locale: str
    proves: Proves


@dataclass(frozen=True, slots=True)
class PageLink:
    """What a link hands over: a code with its id, which is good until `expires_at`, and once."""

    code_id: str
    code: str = field(repr=False)
    expires_at: datetime


def contact_mark(vault: Vault, merchant_id: str, contact: str) -> str:
    """Stand for an e-mail address or a phone where neither may be kept."""
    return vault.mark("contact", merchant_id, contact)


def new_code() -> str:
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"


def code_mark(vault: Vault, code_id: str, code: str) -> str:
    """Stand for a code: six digits are soon tried, but not without the key, which is not in the database."""
    return vault.mark("code", code_id, code)


async def whom(connection: AsyncConnection, vault: Vault, asked: Asked) -> Whom | None:
    """Find where a code is to go; None where there is no such order, or it is not of whoever has the contact."""
    found = await buyers.of_order(connection, asked.merchant_id, asked.order_id)
    if found is None:
        return None
    buyer, locale = found
    for contact, proof in proved_by(buyer).items():
        if vault.is_marked(asked.contact_mark, "contact", asked.merchant_id, contact):
            only = None if proof is Proof.ACCOUNT else asked.order_id
            return Whom(contact, locale, Proves(buyer.customer_id, only))
    return None


async def hand_over(connection: AsyncConnection, vault: Vault, caller: Caller, order_id: str) -> PageLink | None:
    """Make a link for whose order it is, whom the merchant knows; None where there is no such order."""
    found = await buyers.of_order(connection, caller.merchant_id, order_id)
    if found is None:
        return None
    customer_id = found[0].customer_id
    code_id, code = identity_codes.new_id(), secrets.token_urlsafe(_BYTES_IN_A_LINK)
    proves = order_id, customer_id, code_mark(vault, code_id, code)
    new = InALink(code_id, caller.merchant_id, *proves, made_by=caller.person or None)
    expires_at = await identity_codes.put_into_a_link(connection, new, LINK_LASTS)
    note = journal.Note(AuditAction.PAGE_LINK_MADE, f"a link to order {order_id}", caller.name, {"order_id": order_id})
    await journal.record_of_customer(connection, caller.merchant_id, customer_id, note)
    return PageLink(code_id, code, expires_at)


async def open_session(
    connection: AsyncConnection, vault: Vault, code_id: str, code: str, unused: timedelta
) -> tuple[Session, Caller] | None:
    """Open a session for who has a code, which is used up; None where it is not the one, and the guess is counted.

    Does the same whether or not there is such a code. Of many who say it at once one is let in. Whose order or contact
    is another's since the code was made is not. unused: after so long the session is over.
    """
    guessed = await identity_codes.guess(connection, code_id, MOST_GUESSES)
    is_right = vault.is_marked((guessed and guessed.code_mark) or "", "code", code_id, code)
    if guessed is None or not is_right or guessed.customer_id is None:
        return None
    await identity_codes.use(connection, guessed.number)
    if await _proves_now(connection, vault, code_id, guessed) != Proves(guessed.customer_id, guessed.only_order_id):
        return None
    who = Caller(
        guessed.merchant_id,
        Role.CUSTOMER,
        guessed.customer_id,
        only_order_id=guessed.only_order_id,
        made_by=guessed.made_by or "",
    )
    opened = await sessions.open_(connection, who, Lasts(SESSION_LASTS, unused))
    detail = {"session_id": opened.session_id, "order_id": guessed.order_id, "only_this_order": bool(who.only_order_id)}
    by = "a code" if len(code) == _DIGITS else "a link of the shop"
    note = journal.Note(
        AuditAction.SESSION_OPENED, f"{who.name} proved order {guessed.order_id} by {by}", who.name, detail
    )
    await journal.record_of_customer(connection, who.merchant_id, guessed.customer_id, note)
    return opened, who


async def _proves_now(connection: AsyncConnection, vault: Vault, code_id: str, guessed: Guessed) -> Proves | None:
    """Say what a code proves by what is known now: it may have been under way while that was told differently."""
    if guessed.contact_mark:
        found = await whom(
            connection, vault, Asked(code_id, guessed.merchant_id, guessed.order_id, guessed.contact_mark)
        )
        return found.proves if found else None
    bought = await buyers.of_order(connection, guessed.merchant_id, guessed.order_id)
    return Proves(bought[0].customer_id, guessed.order_id) if bought else None
