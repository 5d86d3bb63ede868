"""Guests: who bought without an account."""

from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from api.schemas.common import Locale, Text, Wire, none_if_empty
from api.schemas.faults import FieldFault
from domain.sale import guests
from domain.sale.guests import Guest


def _email(text: str) -> str:
    guests.email_address(text)
    return text


Email = Annotated[Text, Field(max_length=320, examples=["a@example.com"]), AfterValidator(_email)]
Phone = Annotated[str, Field(max_length=40, examples=["+8613800000000"]), AfterValidator(guests.phone_number)]
Contact = Annotated[Text, Field(max_length=320, examples=["a@example.com"]), AfterValidator(guests.contact)]


class GuestBody(Wire):
    """Who bought without an account. The e-mail, else the phone, says who it is, and two orders with it are one's."""

    email: Annotated[Email | None, BeforeValidator(none_if_empty)] = Field(
        default=None, description="Their e-mail address; case and surrounding spaces mean nothing."
    )
    phone: Annotated[Phone | None, BeforeValidator(none_if_empty)] = Field(
        default=None, description="Their phone number, as E.164 writes it."
    )
    locale: Locale | None = Field(
        default=None, description="The language they are told in, as BCP 47 writes it. Left out: as before, else `en`."
    )

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if self.email is None and self.phone is None:
            raise FieldFault("a guest has an email, a phone, or both", "email")
        return self

    def to_domain(self) -> Guest:
        return Guest(self.email, self.phone, self.locale)

    @staticmethod
    def of(guest: Guest | None) -> "GuestBody | None":
        """Show a guest as they were sent; None stays None."""
        if guest is None:
            return None
        return GuestBody.model_construct(email=guest.email, phone=guest.phone, locale=guest.locale)
