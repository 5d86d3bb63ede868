"""Passkeys (WebAuthn, level 3): after a code has proved an account once, a finger, a face or a PIN does.

The device keeps the private half, and signs with it only after it has verified its user; here is the public half.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import options_to_json_dict, parse_authentication_credential_json
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from db import customers, journal, passkeys, sessions
from db.api_keys import Caller, Role
from db.idle import Lasts
from db.passkeys import Challenge, Maker, NewPasskey, Passkey
from db.sessions import Session
from domain.audit_actions import AuditAction
from domain.rights.proofs import CHALLENGE_LASTS, MOST_PASSKEYS, SESSION_LASTS
from domain.sale.guests import is_guest

log = logging.getLogger(__name__)

Json = dict[str, Any]
Checked = TypeVar("Checked")

_HERE = "localhost"
_TAKEN = (AttestationFormat.NONE, AttestationFormat.PACKED)
"""We ask for no statement about the device, and get none, or one that the passkey itself has signed."""


class NoAccount(Exception):
    """Who asks is in no session, or in one that proved one order and no account: no passkey could belong to them."""


class TooMany(Exception):
    """The customer has as many passkeys as one may have."""


class NotVerified(Exception):
    """What came from a device is no answer to this challenge: why is for the log alone."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """For whom browsers keep passkeys: the host `rp_id`; `origins` are the addresses whose pages may ask for them."""

    rp_id: str
    origins: Sequence[str]

    @classmethod
    def of(cls, origins: Sequence[str]) -> "RelyingParty | None":
        """The first origin names the host; each other has that host, or one below it. Without any there is no party.

        Raises ValueError for what is no origin, for one without TLS, and for one of another host.
        """
        hosts = [_host(origin) for origin in origins]
        for origin, host in zip(origins, hosts, strict=True):
            if host != hosts[0] and not host.endswith(f".{hosts[0]}"):
                raise ValueError(f"MAKEWHOLE_PASSKEY_ORIGINS: {origin} is neither at {hosts[0]} nor below it")
        return cls(hosts[0], tuple(origins)) if origins else None


def _host(origin: str) -> str:
    """Raises ValueError for what browsers would keep no passkey for."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if not host or origin != f"{parts.scheme}://{parts.netloc}":
        raise ValueError(
            f"MAKEWHOLE_PASSKEY_ORIGINS: {origin!r} is no origin: write https://shop.example, without a path"
        )
    if parts.scheme != "https" and (parts.scheme, host) != ("http", _HERE):
        raise ValueError(f"MAKEWHOLE_PASSKEY_ORIGINS: {origin} has to be https, or http://localhost")
    return host


async def to_sign_in(connection: AsyncConnection, party: RelyingParty, merchant_id: str) -> tuple[Challenge, Json]:
    """Ask for any passkey that the device has: the same for whoever asks, whether or not there is such a merchant."""
    challenge = await passkeys.ask(connection, merchant_id, None, CHALLENGE_LASTS)
    options = generate_authentication_options(
        rp_id=party.rp_id, challenge=challenge.challenge, user_verification=UserVerificationRequirement.REQUIRED
    )
    return challenge, options_to_json_dict(options)


async def to_make_one(connection: AsyncConnection, party: RelyingParty, caller: Caller) -> tuple[Challenge, Json]:
    """Ask a device to make a passkey for whom a session belongs to. Raises NoAccount and TooMany."""
    merchant_id, customer_id = caller.merchant_id, caller.customer_id
    if customer_id is None or caller.only_order_id is not None or is_guest(customer_id):
        raise NoAccount
    if not await sessions.is_open(connection, caller.key_id):  # a merchant's key proves nothing of a person
        raise NoAccount
    known = await passkeys.credentials_of(connection, merchant_id, customer_id)
    if len(known) >= MOST_PASSKEYS:
        raise TooMany
    handle = await passkeys.handle_of(connection, merchant_id, customer_id)
    maker = Maker(customer_id, caller.key_id, handle)
    challenge = await passkeys.ask(connection, merchant_id, maker, CHALLENGE_LASTS)
    customer = await customers.find(connection, merchant_id, customer_id)
    name = (customer and (customer.email or customer.phone)) or customer_id
    options = generate_registration_options(
        rp_id=party.rp_id,
        rp_name=merchant_id,
        user_id=handle,
        user_name=name,
        challenge=challenge.challenge,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
    )
    return challenge, options_to_json_dict(options)


async def keep(connection: AsyncConnection, party: RelyingParty, challenge_id: str, credential: Json) -> Passkey | None:
    """Keep what a device has made, as long as the session that wanted it is open; the challenge is used up.

    None where it is no answer to it. Raises TooMany.
    """
    challenge = await passkeys.use(connection, challenge_id)
    maker = challenge.maker if challenge else None
    if challenge is None or maker is None:
        return None
    made = _checked(lambda: _made(party, challenge, credential))
    if made is None:
        return None
    await customers.lock(connection, challenge.merchant_id, maker.customer_id)  # who ends their sessions has it too
    if not await sessions.is_open(connection, maker.session_id):
        return None
    if len(await passkeys.credentials_of(connection, challenge.merchant_id, maker.customer_id)) >= MOST_PASSKEYS:
        raise TooMany
    kept = await passkeys.add(connection, challenge.merchant_id, maker, made)
    if kept is not None:
        detail = {"passkey_id": kept.passkey_id, "session_id": maker.session_id}
        await _note(connection, kept, AuditAction.PASSKEY_MADE, "a passkey was made for this account", detail)
    return kept


async def open_session(
    connection: AsyncConnection, party: RelyingParty, challenge_id: str, credential: Json, unused: timedelta
) -> tuple[Session, Caller] | None:
    """Open a session for who has a passkey; None where what came is no answer to the challenge, which is used up.

    A device that counts its signatures and is behind has a twin: that passkey is forgotten, and opens nothing. Nobody
    knows which of the two opened what is open: all sessions of the account end.
    unused: after so long the session is over.
    """
    challenge = await passkeys.use(connection, challenge_id)
    if challenge is None or challenge.maker is not None:
        return None
    named = _checked(lambda: parse_authentication_credential_json(credential))
    passkey = named and await passkeys.find(connection, challenge.merchant_id, named.raw_id)
    if not named or not passkey or named.response.user_handle not in (None, passkey.user_handle):
        return None
    told = _checked(lambda: _used(party, challenge, credential, passkey))
    if told is None:
        return None
    sign_count, is_synced = told
    if (sign_count or passkey.sign_count) and sign_count <= passkey.sign_count:
        await passkeys.remove(connection, passkey.merchant_id, passkey.passkey_id)
        ended = await sessions.end_others(connection, passkey.merchant_id, passkey.customer_id)
        said = "a passkey was forgotten: its device has a twin, as it counts signatures that were counted before"
        detail = {"passkey_id": passkey.passkey_id, "sessions_ended": len(ended)}
        await _note(connection, passkey, AuditAction.PASSKEY_CLONED, said, detail)
        return None
    await passkeys.note_use(connection, passkey, sign_count, is_synced=is_synced)
    who = Caller(passkey.merchant_id, Role.CUSTOMER, passkey.customer_id)
    opened = await sessions.open_(connection, who, Lasts(SESSION_LASTS, unused))
    detail = {"session_id": opened.session_id, "passkey_id": passkey.passkey_id}
    await _note(connection, passkey, AuditAction.SESSION_OPENED, f"{who.name} proved the account by a passkey", detail)
    return opened, who


async def forget(connection: AsyncConnection, caller: Caller, passkey_id: str) -> Sequence[str] | None:
    """Forget a passkey, and end every other session of its customer: whoever has the lost device may be in one.

    Returns the hashes of what has ended; None where there is no passkey of that name. A customer's session forgets
    none of another's.
    """
    if caller.only_order_id is not None:
        return None
    whose = await passkeys.remove(connection, caller.merchant_id, passkey_id, caller.customer_id)
    if whose is None:
        return None
    ended = await sessions.end_others(connection, caller.merchant_id, whose, caller.key_id)
    detail = {"passkey_id": passkey_id, "sessions_ended": len(ended)}
    note = journal.Note(AuditAction.PASSKEY_FORGOTTEN, "a passkey was forgotten", caller.name, detail)
    await journal.record_of_customer(connection, caller.merchant_id, whose, note)
    return ended


def _made(party: RelyingParty, challenge: Challenge, credential: Json) -> NewPasskey:
    told = verify_registration_response(
        credential=credential,
        expected_challenge=challenge.challenge,
        expected_rp_id=party.rp_id,
        expected_origin=list(party.origins),
        require_user_verification=True,
    )
    if told.fmt not in _TAKEN:
        raise NotVerified(f"a statement about the device came that nobody asked for: {told.fmt}")
    is_synced = told.credential_device_type is CredentialDeviceType.MULTI_DEVICE
    return NewPasskey(told.credential_id, told.credential_public_key, told.sign_count, is_synced)


def _used(party: RelyingParty, challenge: Challenge, credential: Json, passkey: Passkey) -> tuple[int, bool]:
    told = verify_authentication_response(
        credential=credential,
        expected_challenge=challenge.challenge,
        expected_rp_id=party.rp_id,
        expected_origin=list(party.origins),
        credential_public_key=passkey.public_key,
        credential_current_sign_count=0,  # judged by who calls: a twin is more than a wrong answer
        require_user_verification=True,
    )
    return told.new_sign_count, told.credential_device_type is CredentialDeviceType.MULTI_DEVICE


def _checked(check: Callable[[], Checked]) -> Checked | None:
    """What comes from strangers is taken apart by a library: whatever it trips over, it is no answer."""
    try:
        return check()
    except Exception as unfit:  # it reads CBOR, certificates and numbers of curves that strangers wrote
        log.info("refused a passkey: %s", type(unfit).__name__)
        return None


async def _note(connection: AsyncConnection, passkey: Passkey, event: AuditAction, said: str, detail: Json) -> None:
    name = Caller(passkey.merchant_id, Role.CUSTOMER, passkey.customer_id).name
    note = journal.Note(event, said, name, detail)
    await journal.record_of_customer(connection, passkey.merchant_id, passkey.customer_id, note)
