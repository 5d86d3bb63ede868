"""Bank accounts: as a request names one, as everybody sees it, and in full for who transfers the money."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_serializer, model_validator

from api.schemas.common import Name, Wire
from api.schemas.faults import FieldFault
from domain.payout import bank_accounts
from domain.payout.bank_accounts import BankAccount

_MOST = 60
"""Characters, with the spaces that people put between groups."""

Iban = Annotated[str, Field(max_length=_MOST), AfterValidator(bank_accounts.iban)]
AccountNumber = Annotated[str, Field(max_length=_MOST), AfterValidator(bank_accounts.account_number)]
BankCode = Annotated[str, Field(max_length=_MOST), AfterValidator(bank_accounts.bank_code)]


class BankAccountBody(Wire):
    """Where a customer wants their money: an `iban`, or an `account_number` at the bank of a `bank_code`."""

    holder: Name = Field(description="Whose account it is, as the bank knows them.", repr=False)
    iban: Iban | None = Field(
        default=None,
        description="The IBAN; spaces don't matter, its check digits do.",
        examples=["DE89 3704 0044 0532 0130 00"],
        repr=False,
    )
    account_number: AccountNumber | None = Field(
        default=None,
        description="The number of the account where there are no IBANs, of 6 to 34 letters and digits. With "
        "`bank_code`.",
        examples=["6222020000001234"],
        repr=False,
    )
    bank_code: BankCode | None = Field(
        default=None,
        description="The bank, by the code that is usual there: BIC, routing number, sort code, CNAPS.",
        examples=["CMBCCNBS"],
        repr=False,
    )

    @model_validator(mode="after")
    def _is_one_number(self) -> Self:
        if (self.iban is None) == (self.account_number is None):
            wrong = "iban" if self.iban is None else "account_number"
            raise FieldFault("an account has either an iban or an account_number", wrong)
        if (self.account_number is None) != (self.bank_code is None):
            raise FieldFault("account_number and bank_code go together", "bank_code")
        return self

    @model_serializer
    def _as_it_is_shown(self) -> dict[str, str]:
        """However it is written down: from a hash under an Idempotency-Key the rest could be found by trying."""
        return {"ends_in": self.to_domain().ends_in}

    def to_domain(self) -> BankAccount:
        return BankAccount(self.holder, self.iban, self.account_number, self.bank_code)


class NamedAccountAnswer(Wire):
    """What is shown of the account that was named."""

    ends_in: str = Field(description="The last four characters of its number.")


class BankAccountAnswer(Wire):
    """The account in full, for who transfers the money."""

    holder: str = Field(description="Whose account it is.")
    iban: str | None = Field(description="The IBAN; null where it has none.")
    account_number: str | None = Field(description="The number of the account; null where there is an IBAN.")
    bank_code: str | None = Field(description="The code of its bank; null where there is an IBAN.")
    transfers: list["TransferAnswer"] = Field(description="What is to be transferred there now.")


class TransferAnswer(Wire):
    """One share of a refund that is to be transferred."""

    payment_id: str = Field(description="The payment of the order whose share it is.")
    amount: int = Field(description="How much, in minor units.")
    currency: str = Field(description="The currency of `amount`, ISO 4217: the one it was paid in.")
    key: str = Field(description="What to write as the reference of the transfer, so that it is found again.")


class ApprovalAnswer(Wire):
    """One reviewer's approval of a refund that needs several."""

    key_id: str = Field(description="Who said it: `person:` and their name, or the API key where it names nobody.")
    by: str = Field(description="Who said it.")
    note: str = Field(default="", description="What they said about it.")
