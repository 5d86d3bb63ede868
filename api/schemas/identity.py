"""Who customers are: codes that they ask for, and sessions that they open with them."""

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from api.schemas.common import Id, Wire
from api.schemas.guests import Contact
from domain import spelling

MerchantId = Annotated[
    str, Field(min_length=1, max_length=64, examples=["acme-shop"]), AfterValidator(spelling.merchant_identifier)
]


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


class SessionBody(Wire):
    """A code that came."""

    code_id: str = Field(min_length=1, max_length=64, description="As it was answered when the code was asked for.")
    code: str = Field(pattern=r"^[0-9]{6}$", description="The six digits.")


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
