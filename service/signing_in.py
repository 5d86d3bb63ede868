"""Staff sign in: a browser is sent to a provider, comes back with a code, and gets a session as a person.

Of a sign-in the browser keeps one secret. What the provider has to bring back in the token, and what proves that it is
us who ask for it, are made of that secret: nothing of it is stored but hashes.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db import identity_providers, journal, sign_ins, staff_people, staff_sessions
from db.api_keys import Caller, Role
from db.identity_providers import IdentityProvider
from db.idle import Lasts
from db.sign_ins import SignIn
from db.staff_sessions import StaffSession
from domain import clock
from domain.audit_actions import AuditAction
from domain.payout.keys import joined
from domain.rights.staff import (
    SESSION_LASTS,
    SIGN_IN_LASTS,
    NotLetIn,
    ProviderAccount,
    ToldOfStaff,
    named,
    refuse_weak,
    role_of,
)
from gateways.openid import Client, NotProved, OpenId, SentToProvider, VerifiedToken
from service.vault import NotOpened, Sealed, Vault

_HINT_KEY = "of the session itself"


@dataclass(frozen=True, slots=True)
class BegunSignIn:
    """Where the browser is to go, and the secret that it keeps until it is back."""

    url: str
    browser: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Returned:
    """What a browser brings back from a provider, and the session that it had."""

    state: str = field(repr=False)
    code: str = field(repr=False)
    browser: str = field(repr=False)
    issuer: str | None
    session: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that was just opened; the browser alone gets `key`."""

    session: StaffSession
    return_to: str
    key: str = field(repr=False)


def sealed(vault: Vault, provider: IdentityProvider, secret: str) -> IdentityProvider:
    """Return the provider with the client's secret, which nobody can read who has the database alone."""
    made = vault.seal(secret.encode(), _bound_to(provider))
    return replace(provider, key_id=made.key_id, nonce=made.nonce, sealed=made.text)


def secret_of(vault: Vault, provider: IdentityProvider) -> str:
    """Read the client's secret; raises NotOpened."""
    return vault.open(Sealed(provider.key_id, provider.nonce, provider.sealed), _bound_to(provider)).decode()


def client_of(vault: Vault, provider: IdentityProvider) -> Client:
    """Say what makewhole is to a provider; raises NotOpened."""
    return Client(provider.issuer, provider.client_id, provider.callback, secret_of(vault, provider))


class SigningIn:
    """Sends people to one provider, and lets those in who come back."""

    def __init__(
        self, engine: AsyncEngine, openid: OpenId, vault: Vault, provider: IdentityProvider, unused: timedelta
    ) -> None:
        """unused: after so long without a request a session is over."""
        self._unused = unused
        self._engine = engine
        self._openid = openid
        self._provider = provider
        self._client = client_of(vault, provider)

    async def begin(self, role: Role | None, return_to: str) -> BegunSignIn:
        """Raises ProviderUnavailable."""
        state, browser = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        claims = {each.claim for each in self._provider.rules.roles}
        strength = self._provider.rules.asked_of_the_provider
        url = await self._openid.authorization_url(self._client, _sent(state, browser), claims, strength)
        async with self._engine.begin() as connection:
            sign_in = SignIn(self._provider.merchant_id, self._provider.provider_id, role, return_to)
            await sign_ins.begin(connection, sign_in, state, browser, SIGN_IN_LASTS)
        return BegunSignIn(url, browser)

    async def use(self, state: str, browser: str) -> SignIn:
        """Use a sign-in up, whatever comes of it; raises NotProved where it is not this browser's, or was used."""
        whose = self._provider.merchant_id, self._provider.provider_id
        async with self._engine.begin() as connection:
            sign_in = await sign_ins.use(connection, *whose, state, browser)
        if sign_in is None:
            raise NotProved(
                "this sign-in was begun by another browser, was ended or is too old, or another was begun since: "
                "begin again"
            )
        return sign_in

    async def complete(self, sign_in: SignIn, back: Returned) -> SignedIn:
        """Raises ProviderUnavailable, NotProved and NotLetIn."""
        known = await self._openid.metadata(self._client.issuer)
        if back.issuer != self._client.issuer and (back.issuer is not None or known.names_itself):
            raise NotProved("another provider has sent you back than the one you were sent to: begin again")
        sent = _sent(back.state, back.browser)
        proof = await self._openid.redeem(self._client, back.code, sent, clock.of_this_machine())
        async with self._engine.begin() as connection:
            await staff_sessions.end_of_key(connection, back.session)
            return await self._open(connection, sign_in, proof)

    async def _open(self, connection: AsyncConnection, sign_in: SignIn, proof: VerifiedToken) -> SignedIn:
        merchant_id, provider_id = self._provider.merchant_id, self._provider.provider_id
        await identity_providers.hold(connection, merchant_id)
        if await identity_providers.find(connection, merchant_id, provider_id) != self._provider:
            raise NotProved("this provider was told anew meanwhile: begin again")
        told = ToldOfStaff.of(proof.claims)
        refuse_weak(self._provider.rules, told, clock.of_this_machine())
        caller = Caller(
            merchant_id,
            Role(role_of(self._provider.rules, told, sign_in.role)),
            None,
            person=await self._person(connection, told),
        )
        key = staff_sessions.new_key()
        hint, lasts = sealed_hint(key, proof.token), Lasts(SESSION_LASTS, self._unused)
        session = await staff_sessions.open_(connection, caller, provider_id, key, hint, lasts)
        detail = {"provider_id": provider_id, "session_id": session.session_id, "subject": told.subject}
        note = journal.Note(AuditAction.SIGNED_IN, f"{caller.name} signed in at {provider_id}", caller.name, detail)
        await journal.record_of_merchant(connection, merchant_id, note)
        return SignedIn(session, sign_in.return_to, key)

    async def _person(self, connection: AsyncConnection, told: ToldOfStaff) -> str:
        """Say whose account it is, and note it: a name that another account has is nobody else's by itself."""
        merchant_id, account = self._provider.merchant_id, ProviderAccount(self._provider.issuer, told.subject)
        before = await staff_people.person_of(connection, merchant_id, account)
        known = named(self._provider.rules, told, before)
        if known.is_taken(account, await staff_people.accounts_of(connection, merchant_id, known.person)):
            raise NotLetIn(
                "another account has signed in under your name before: an owner has to name yours by its subject in "
                "`people`"
            )
        await staff_people.note(connection, merchant_id, account, known.person)
        return known.person


def sealed_hint(key: str, token: str) -> bytes:
    """Seal what the provider wants to see at the end, so that only who has the session's key can open it."""
    made = _of_session(key).seal(token.encode(), "id_token")
    return made.nonce + made.text


def opened_hint(key: str, hint: bytes | None) -> str | None:
    """Open it; None where there is none, or with another key."""
    if hint is None:
        return None
    try:
        return _of_session(key).open(Sealed(_HINT_KEY, hint[:12], hint[12:]), "id_token").decode()
    except NotOpened:
        return None


def csrf_token(key: str) -> str:
    """What a page of ours says with each write: it can be read by pages of this origin alone, and tells no key."""
    return _made_of(key, "csrf")


def _of_session(key: str) -> Vault:
    return Vault({_HINT_KEY: hashlib.sha256(b"hint" + key.encode()).digest()})


def _sent(state: str, browser: str) -> SentToProvider:
    return SentToProvider(state, nonce=_made_of(browser, "nonce", state), verifier=_made_of(browser, "verifier", state))


def _made_of(secret: str, *what: str) -> str:
    """Make one secret of another, which does not tell it."""
    digest = hmac.new(secret.encode(), joined(*what).encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _bound_to(provider: IdentityProvider) -> str:
    return joined("identity_provider", provider.merchant_id, provider.provider_id)
