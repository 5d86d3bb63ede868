"""Orders and customers as they stand in lists."""

from pydantic import AwareDatetime, Field

from api.schemas.common import Wire


class OrderSummary(Wire):
    """An order in a list; `GET /v1/orders/{order_id}` has the rest."""

    order_id: str = Field(description="The merchant's id of the order.")
    customer_id: str | None = Field(description="Who bought it; null for a guest.")
    currency: str = Field(description="Its currency, as ISO 4217.")
    status: str = Field(description="How far it was when it was told last.")
    paid_at: AwareDatetime | None = Field(description="When it was paid; null where it is not.")
    created_at: AwareDatetime = Field(description="When makewhole heard of it first.")
    version: int = Field(description="How often what was sold has changed, from 1.")


class OrderList(Wire):
    """One page of orders, by their ids."""

    items: list[OrderSummary] = Field(description="The orders of this page.")
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class CustomerSummary(Wire):
    """A customer in a list; `GET /v1/customers/{customer_id}` has what they have."""

    customer_id: str = Field(description="The merchant's id of the customer.")
    name: str | None = Field(description="What they are called; null where that is not known.")
    email: str | None = Field(description="Where e-mail reaches them; null where that is not known.")
    phone: str | None = Field(description="Where SMS reaches them; null where that is not known.")
    locale: str = Field(description="The language they are told in, as BCP 47.")
    registered_at: AwareDatetime | None = Field(description="Since when they have an account; null where not known.")


class CustomerList(Wire):
    """One page of customers, by their ids; guests are not among them."""

    items: list[CustomerSummary] = Field(description="The customers of this page.")
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
