"""What is held about a customer, as it lies in the tables."""

from typing import Any

from pydantic import Field

from api.schemas.common import Time, Wire


class HeldRecord(Wire):
    """One record about the customer."""

    kind: str = Field(description="What it is, by the table that it lies in, for example `messages`.")
    data: dict[str, Any] = Field(
        description="All of it, by the names of its columns. Of a bank account that is not erased yet, `account` has "
        "what is kept encrypted."
    )


class PersonalData(Wire):
    """Everything that is held about a customer, in pages."""

    customer_id: str = Field(description="The customer.")
    items: list[HeldRecord] = Field(description="The records, kind by kind.")
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class ErasureAnswer(Wire):
    """That what is personal of a customer is erased."""

    erasure_id: str = Field(description="What it is called in the list of erasures.")
    customer_id: str = Field(description="The customer.")
    erased_at: Time = Field(description="When.")
    refunds: int = Field(description="In how many refunds.")
