# Written by `make client`; change the document, or the async half, instead.
"""Models: staff."""

from datetime import datetime

from pydantic import Field

from makewhole_client.model_base import Answer, Body
from makewhole_client.models.api_keys import Role, StaffRole


class PersonBody(Answer):
    """Somebody who is let in, and the name that their API keys have too: so nobody is two people."""

    person: str
    subject: str | None = None
    email: str | None = None


class RequiredClaimBody(Answer):
    """What the provider has to say of whoever comes in."""

    claim: str
    value: str


class RoleRuleBody(Answer):
    """Who has a role, by what the provider says of them."""

    claim: str
    value: str
    role: StaffRole


class IdentityProviderAnswer(Answer):
    """An identity provider as it is stored, without the secret."""

    provider_id: str
    issuer: str
    client_id: str
    address: str
    sign_in_path: str
    redirect_uri: str
    roles: list[RoleRuleBody]
    people: list[PersonBody]
    email_domains: list[str]
    required_claims: list[RequiredClaimBody]
    signed_in_within: str | None
    updated_at: datetime | None


class IdentityProviderBody(Body):
    """An identity provider (OpenID Connect), and who of those whom it knows may come in."""

    issuer: str
    client_id: str
    client_secret: str | None = None
    address: str
    roles: list[RoleRuleBody]
    people: list[PersonBody] = Field(default_factory=list)
    email_domains: list[str] = Field(default_factory=list)
    required_claims: list[RequiredClaimBody] = Field(default_factory=list)
    signed_in_within: str | None = None


class IdentityProviderList(Answer):
    """A merchant's identity providers."""

    items: list[IdentityProviderAnswer]


class OwnSessionAnswer(Answer):
    """The session of whoever asks."""

    session_id: str
    provider_id: str
    person: str
    role: Role
    created_at: datetime
    expires_at: datetime
    csrf_token: str


class SignedOutAnswer(Answer):
    """What is left to do after the session has ended."""

    end_session_url: str | None


class StaffSessionAnswer(Answer):
    """A session of somebody who signed in."""

    session_id: str
    provider_id: str
    person: str
    role: Role
    created_at: datetime
    expires_at: datetime


class StaffSessionList(Answer):
    """One page of the sessions that have not ended, the newest first."""

    items: list[StaffSessionAnswer]
    next: str | None
