"""Identity providers at which a merchant's staff sign in, and the sessions that they get."""

from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from api.schemas.api_keys import Person, StaffRole
from api.schemas.common import Duration, Id, Wire
from api.schemas.faults import FieldFault
from db.api_keys import Role
from domain import spelling
from domain.sale.guests import email_address

_Said = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(spelling.storable)]
_Url = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(spelling.storable)]


def _domain(text: str) -> str:
    email_address(f"a@{text}")
    return text.lower()


Email = Annotated[str, Field(max_length=100, examples=["han@shop.example"]), AfterValidator(email_address)]
Domain = Annotated[str, Field(min_length=1, max_length=253, examples=["shop.example"]), AfterValidator(_domain)]


class RoleRuleBody(Wire):
    """Who has a role, by what the provider says of them."""

    claim: _Said = Field(
        description="The claim of the ID token, for example `groups`, or `email`, which counts where it is verified."
    )
    value: _Said = Field(description="What the claim is, or what it lists: letter by letter.")
    role: StaffRole = Field(description="What whoever has it may do.")


class RequiredClaimBody(Wire):
    """What the provider has to say of whoever comes in."""

    claim: _Said = Field(description="The claim of the ID token, for example `amr` or `acr`.")
    value: _Said = Field(description="What the claim is, or what it lists: letter by letter.")


class PersonBody(Wire):
    """Somebody who is let in, and the name that their API keys have too: so nobody is two people."""

    person: Person = Field(description="Who it is, by the name that API keys give in `person`.")
    subject: _Said | None = Field(default=None, description="Their account, by the provider's `sub`.")
    email: Email | None = Field(default=None, description="Their verified e-mail address, where no `subject` is said.")

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if (self.subject is None) == (self.email is None):
            raise FieldFault("say `subject` or `email`: one of the two", "subject")
        if self.person in set(Role):
            raise FieldFault("a person has a name of their own, not that of a role", "person")
        return self


class IdentityProviderBody(Wire):
    """An identity provider (OpenID Connect), and who of those whom it knows may come in."""

    issuer: _Url = Field(
        description="The provider's issuer, letter by letter; its configuration is read below it. `https`, at a public "
        "address, or one that the setting `MAKEWHOLE_WEBHOOK_ADDRESSES` allows."
    )
    client_id: _Said = Field(description="What makewhole is called there.")
    client_secret: Annotated[str, Field(min_length=1, max_length=2_000)] | None = Field(
        default=None,
        description="The client's secret. It is never shown again; left out it stays as it is, unless issuer or client "
        "change.",
    )
    address: _Url = Field(
        description="Where staff reach makewhole, for example `https://refunds.shop.example`: the provider sends them "
        "back below it."
    )
    roles: list[RoleRuleBody] = Field(
        min_length=1,
        max_length=100,
        description="Who has which role. Of several that fit the first counts, unless another is asked for.",
    )
    people: list[PersonBody] = Field(
        default_factory=list,
        max_length=1_000,
        description="Who is let in by name. Whoever has API keys too is to be named here as their keys name them.",
    )
    email_domains: list[Domain] = Field(
        default_factory=list,
        max_length=100,
        description="Whoever has a verified address of one of these is let in too, and is called by that address.",
    )
    required_claims: list[RequiredClaimBody] = Field(
        default_factory=list,
        max_length=20,
        description="What has to be said of whoever comes in, all of it: `amr` `mfa` for a second factor, where the "
        "provider says how people have signed in. Values of `acr` are asked for.",
    )
    signed_in_within: Duration | None = Field(
        default=None,
        description="How long ago whoever comes in may have proved to the provider who they are; it is asked to have "
        "them do so again (`max_age`). Null: that does not matter.",
    )


class IdentityProviderAnswer(Wire):
    """An identity provider as it is stored, without the secret."""

    provider_id: Id = Field(description="What the merchant calls it.")
    issuer: str = Field(description="The provider's issuer.")
    client_id: str = Field(description="What makewhole is called there.")
    address: str = Field(description="Where staff reach makewhole.")
    sign_in_path: str = Field(description="Where staff sign in, below that address.")
    redirect_uri: str = Field(description="What the provider has to be told that people are sent back to.")
    roles: list[RoleRuleBody] = Field(description="Who has which role.")
    people: list[PersonBody] = Field(description="Who is let in by name.")
    email_domains: list[str] = Field(description="The domains whose addresses are let in.")
    required_claims: list[RequiredClaimBody] = Field(description="What has to be said of whoever comes in.")
    signed_in_within: str | None = Field(description="How long ago they may have signed in at the provider.")
    updated_at: AwareDatetime | None = Field(description="When it was told last.")


class IdentityProviderList(Wire):
    """A merchant's identity providers."""

    items: list[IdentityProviderAnswer] = Field(description="The providers, by their names.")


class StaffSessionAnswer(Wire):
    """A session of somebody who signed in."""

    session_id: str = Field(description="What it is called, `sst_…`: no secret.")
    provider_id: Id = Field(description="Where they signed in.")
    person: str = Field(description="Who it is, as in timeline and audit trail.")
    role: Role = Field(description="What they may do.")
    created_at: AwareDatetime = Field(description="When they signed in.")
    expires_at: AwareDatetime = Field(description="When it ends by itself.")


class OwnSessionAnswer(StaffSessionAnswer):
    """The session of whoever asks."""

    csrf_token: str = Field(
        description="What every request that changes something says in `X-CSRF-Token`, beside the cookie."
    )


class StaffSessionList(Wire):
    """One page of the sessions that have not ended, the newest first."""

    items: list[StaffSessionAnswer] = Field(description="The sessions of this page.")
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class SignedOutAnswer(Wire):
    """What is left to do after the session has ended."""

    end_session_url: str | None = Field(
        description="Where to send the browser to sign out at the provider too; null where it has no such place, or "
        "can't be asked now."
    )
