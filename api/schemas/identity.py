"""Who customers are: codes that they ask for, passkeys, and sessions that they open with them."""

import json
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from api.schemas.common import Id, Wire
from api.schemas.guests import Contact
from domain import spelling

MerchantId = Annotated[
    str, Field(min_length=1, max_length=64, examples=["acme-shop"]), AfterValidator(spelling.merchant_identifier)
]


class Ceremony(StrEnum):
    """What is done with a passkey: it is made, or used."""

    REGISTRATION = "registration"
    AUTHENTICATION = "authentication"


class CodeBody(Wire):
    """A one-time code that is wanted for an order."""

    merchant_id: MerchantId = Field(description="Whose shop it is.")
    order_id: Id = Field(description="The number of the order.")
    contact: Contact = Field(
        description="The e-mail address, or the phone as E.164 writes it, that the account or the order has."
    )


class CodeAnswer(Wire):
    """The same, whether or not there is such an order and whoever it belongs to."""

    code_id: str = Field(description="What the code is guessed at by: keep it until the session is opened.")
    expires_at: AwareDatetime = Field(description="When a code that was sent is worth nothing any more.")


def _not_too_large(credential: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(credential)) > _MOST_OF_A_CREDENTIAL:
        raise ValueError(f"a credential has at most {_MOST_OF_A_CREDENTIAL} characters")
    return credential


_MOST_OF_A_CREDENTIAL = 16_384
ChallengeId = Annotated[str, Field(min_length=1, max_length=64, description="As it was answered with the options.")]
Credential = Annotated[
    dict[str, Any],
    AfterValidator(_not_too_large),
    Field(description="What the device gave, as `PublicKeyCredential.toJSON()` writes it (WebAuthn, level 3)."),
]


class SessionBody(Wire):
    """A code that came, or a passkey that was used."""

    code_id: str | None = Field(
        default=None, min_length=1, max_length=64, description="As it was answered when the code was asked for."
    )
    code: str | None = Field(
        default=None, pattern=r"^([0-9]{6}|[A-Za-z0-9_-]{32})$", description="The six digits, or the 32 of a link."
    )
    challenge_id: ChallengeId | None = Field(default=None, description="As it was answered with a passkey's options.")
    credential: Credential | None = Field(default=None, description="What the device gave for it.")

    @model_validator(mode="after")
    def _is_one_proof(self) -> Self:
        said = tuple(name for name in SessionBody.model_fields if getattr(self, name) is not None)
        if said not in {("code_id", "code"), ("challenge_id", "credential")}:
            raise ValueError("send `code_id` and `code`, or `challenge_id` and `credential`, and nothing else")
        return self


class PasskeyOptionsBody(Wire):
    """A challenge that is wanted: to sign in at a shop or, sent with the key of a session, to make a passkey."""

    merchant_id: MerchantId = Field(description="Whose shop it is.")


class PasskeyOptionsAnswer(Wire):
    """What to hand to the browser, and the name to answer under."""

    challenge_id: str = Field(description="What the answer is sent under: it is good once.")
    ceremony: Ceremony = Field(
        description="`registration`: for `navigator.credentials.create`; `authentication`: for `.get`."
    )
    public_key: dict[str, Any] = Field(
        description="The options, as `PublicKeyCredential.parseCreationOptionsFromJSON` or "
        "`.parseRequestOptionsFromJSON` reads them."
    )
    expires_at: AwareDatetime = Field(description="When the challenge is worth nothing any more.")


class PasskeyBody(Wire):
    """A passkey that a device has made."""

    challenge_id: ChallengeId
    credential: Credential


class PasskeyAnswer(Wire):
    """A passkey of a customer."""

    passkey_id: str = Field(description="What it is called here.")
    synced: bool = Field(description="Whether it may be on several devices of the customer.")
    created_at: AwareDatetime = Field(description="When it was made.")
    last_used_at: AwareDatetime | None = Field(description="When it opened a session last.")


class PasskeyList(Wire):
    """The passkeys of a customer, the oldest first."""

    items: list[PasskeyAnswer] = Field(description="All of them.")


class SessionAnswer(Wire):
    """A session, whose key is used as an API key is, in the role `customer`."""

    session_id: str = Field(description="What it is called: no secret.")
    key: str = Field(description="The key, `mk_session_…`: it is shown this once, and stored nowhere.")
    customer_id: Id | None = Field(description="Whose session it is; null for a guest.")
    order_id: Id | None = Field(
        description="The one order that this session sees: of a guest, or of whoever proved the order and no account. "
        "Null where it sees all of the customer's."
    )
    expires_at: AwareDatetime = Field(description="When it ends by itself.")
