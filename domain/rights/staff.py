"""Who of the staff somebody is by what an identity provider says of them, and what they may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain import spelling
from domain.durations import IsoDuration, span
from domain.sale.guests import email_address

SIGN_IN_LASTS = timedelta(minutes=10)
"""So long somebody may take at the provider."""

SESSION_LASTS = timedelta(hours=1)
"""Afterwards who is still signed in at the provider gets another by one click."""

_OF_EMAIL = ("email", "email_verified")
_STRENGTH = "acr"
_CLOCKS_DIFFER_BY_S = 60


class NotLetIn(Exception):
    """The provider says who it is, and the owner's rules do not let them in; the message says why."""


@dataclass(frozen=True, slots=True)
class RoleRule:
    """Who has this value in a claim, or among its values, may sign in with this role."""

    claim: str
    value: str
    role: str


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody whom the owner names, by the provider's subject or by a verified e-mail address."""

    person: str
    subject: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class RequiredClaim:
    """What the provider has to say of whoever is let in: that the claim is this value, or lists it."""

    claim: str
    value: str


@dataclass(frozen=True, slots=True)
class EntryRules:
    """Who is let in, as whom, and with which roles; the first rule that fits gives the role that nobody asked for.

    `required_claims` hold of everybody, as `amr` `mfa` for a second factor. `signed_in_within` is how long ago they may
    have proved at the provider who they are; None where that does not matter.
    """

    roles: tuple[RoleRule, ...]
    people: tuple[KnownPerson, ...] = ()
    email_domains: tuple[str, ...] = ()
    required_claims: tuple[RequiredClaim, ...] = ()
    signed_in_within: IsoDuration | None = None

    @property
    def asked_of_the_provider(self) -> dict[str, str]:
        """What a provider is asked for beforehand, in the words of OpenID Connect, so that it need not be refused."""
        strengths = [each.value for each in self.required_claims if each.claim == _STRENGTH]
        asked = {"acr_values": " ".join(strengths)} if strengths else {}
        return asked if self.signed_in_within is None else asked | {"max_age": str(_seconds(self.signed_in_within))}


@dataclass(frozen=True, slots=True)
class ToldOfStaff:
    """What a provider says of somebody, once its signature is verified; `email` is None unless it is verified too."""

    subject: str
    email: str | None
    claims: Mapping[str, object]

    @classmethod
    def of(cls, claims: Mapping[str, object]) -> "ToldOfStaff":
        """Read claims whose `sub` is a text. An address that nobody has verified gives neither a name nor a role."""
        email = _verified_email(claims)
        others = {name: said for name, said in claims.items() if name not in _OF_EMAIL}
        return cls(str(claims["sub"]), email, others if email is None else {**others, "email": email})


class NamedBy(StrEnum):
    """What somebody's name rests on: the owner's word for this account, or for its address; or that address alone."""

    SUBJECT = "subject"
    EMAIL = "email"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class ProviderAccount:
    """An account at a provider: issuer and subject are the same for no other."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """Whom somebody is, and by what."""

    person: str
    by: NamedBy

    def is_taken(self, account: ProviderAccount, theirs: Sequence[ProviderAccount]) -> bool:
        """Whether other accounts of this person keep this one from being theirs too.

        At the same issuer the owner has to say so of this very account: its address may have been another's before.
        For another issuer it is enough that the owner names the address there.
        """
        others = [each for each in theirs if each != account]
        if self.by is NamedBy.EMAIL:
            return any(each.issuer == account.issuer for each in others)
        return bool(others) and self.by is NamedBy.DOMAIN


def named(rules: EntryRules, told: ToldOfStaff, before: str | None) -> NamedPerson:
    """Say whom somebody is: as the owner names them, else as `before`, else by their verified e-mail address.

    Raises NotLetIn for who is neither named nor has an address of an allowed domain.
    """
    for each in rules.people:
        if each.subject == told.subject:
            return NamedPerson(each.person, NamedBy.SUBJECT)
    for each in rules.people:
        if told.email is not None and each.email == told.email:
            return NamedPerson(_still(each.person, told.email, before), NamedBy.EMAIL)
    if told.email is None:
        raise NotLetIn(
            "the identity provider does not say that your e-mail address is verified, and your account is not named: "
            "an owner can name it by its subject in `people`"
        )
    if told.email.rpartition("@")[2] not in rules.email_domains:
        raise NotLetIn("neither your account nor the domain of your e-mail address is let in: ask an owner")
    return NamedPerson(before or told.email, NamedBy.DOMAIN)


def _still(person: str, email: str, before: str | None) -> str:
    """Return whom the owner calls this address; raises NotLetIn for an account that was somebody else by another.

    Who was called by the very address until the owner named it is the same human under a name.
    """
    if before in (None, email, person):
        return person
    raise NotLetIn(f"your account was {before} before its address changed: an owner has to name it by its subject")


def role_of(rules: EntryRules, told: ToldOfStaff, wanted: str | None) -> str:
    """Say with which role somebody signs in: the one they want, else the first they may have; raises NotLetIn."""
    theirs = [each.role for each in rules.roles if _has(told, each)]
    if not theirs:
        raise NotLetIn("nothing that the identity provider says of you gives you a role here: ask an owner")
    if wanted is None:
        return theirs[0]
    if wanted not in theirs:
        raise NotLetIn(f"you may not sign in as {wanted}: you may as {', '.join(dict.fromkeys(theirs))}")
    return wanted


def refuse_weak(rules: EntryRules, told: ToldOfStaff, now: datetime) -> None:
    """Raise NotLetIn for whoever has not signed in at the provider as strongly, or as lately, as the owner wants."""
    lacking = [each for each in rules.required_claims if not _has(told, each)]
    if lacking:
        what = ", ".join(f"{each.claim} {each.value}" for each in lacking)
        raise NotLetIn(f"the identity provider does not say {what} of how you have signed in: an owner wants it said")
    if rules.signed_in_within is None:
        return
    at, most = told.claims.get("auth_time"), _seconds(rules.signed_in_within)
    if type(at) is not int or now.timestamp() - at > most + _CLOCKS_DIFFER_BY_S:
        raise NotLetIn(f"the identity provider does not say that you have signed in there within {most} seconds")


def _seconds(duration: IsoDuration) -> int:
    return int(span(duration).total_seconds())


def may_be_one(speaker: str, others: Sequence[str], sign_in: frozenset[str]) -> str | None:
    """Return one of the others who could be the same human as the speaker; None where all are known to be others.

    Two who sign in are two accounts, and two who have keys are two by the owner's word. But one who signs in and one
    who has only ever used a key may be the same human under two names.
    """
    return next((each for each in others if each != speaker and (each in sign_in) != (speaker in sign_in)), None)


def _has(told: ToldOfStaff, rule: RoleRule | RequiredClaim) -> bool:
    said = told.claims.get(rule.claim)
    return rule.value in said if isinstance(said, list) else said == rule.value


def _verified_email(claims: Mapping[str, object]) -> str | None:
    """Some providers write `true` as a text."""
    said, verified = claims.get("email"), claims.get("email_verified")
    if not isinstance(said, str) or not (verified is True or verified == "true"):
        return None
    try:
        return spelling.identifier(email_address(said))
    except ValueError:
        return None
