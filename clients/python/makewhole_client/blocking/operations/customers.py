# Written by `make client`; change the document, or the async half, instead.
"""Operations: customers."""

from collections.abc import Iterator
from typing import Literal

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import customers as calls
from makewhole_client.models import (
    CustomerAnswer,
    CustomerBody,
    CustomerList,
    CustomerSummary,
    ErasureAnswer,
    HeldRecord,
    Inbox,
    MessageAnswer,
    PersonalData,
    PointsAnswer,
    PointsBody,
    PreferencesAnswer,
    PreferencesBody,
    PreviewAnswer,
    Shown,
)


class CustomersCalls(Asks):
    def put_customer(self, customer_id: str, body: CustomerBody) -> CustomerAnswer:
        """Say what is known of a customer; what is left out is forgotten, but for what they have."""
        return self._ask(calls.put_customer(customer_id, body))

    def get_customer(self, customer_id: str, *, lines_cursor: str | None = None) -> CustomerAnswer:
        """Read a customer and everything they have."""
        return self._ask(calls.get_customer(customer_id, lines_cursor=lines_cursor))

    def pages_of_customer(self, customer_id: str) -> Iterator[CustomerAnswer]:
        """Read a customer and everything they have. Page after page of its lines."""
        return self._pages(lambda page: calls.get_customer(customer_id, lines_cursor=page))

    def adjust_points(self, customer_id: str, body: PointsBody, *, idempotency_key: str | None = None) -> PointsAnswer:
        """Add points or take some, for example to set an opening balance."""
        return self._ask(calls.adjust_points(customer_id, body, idempotency_key=idempotency_key))

    def get_customer_inbox(self, customer_id: str, *, cursor: str | None = None, limit: int | None = None) -> Inbox:
        """Read what a customer was told, the oldest first."""
        return self._ask(calls.get_customer_inbox(customer_id, cursor=cursor, limit=limit))

    def iterate_customer_inbox(self, customer_id: str, *, limit: int | None = None) -> Iterator[MessageAnswer]:
        """Read what a customer was told, the oldest first. One after the other, over all pages."""
        return self._items(lambda page: calls.get_customer_inbox(customer_id, limit=limit, cursor=page))

    def export_personal_data(
        self, customer_id: str, *, cursor: str | None = None, limit: int | None = None
    ) -> PersonalData:
        """Read everything that is held about a customer, page by page; that somebody began to is in the audit
        trail."""
        return self._ask(calls.export_personal_data(customer_id, cursor=cursor, limit=limit))

    def iterate_export_personal_data(self, customer_id: str, *, limit: int | None = None) -> Iterator[HeldRecord]:
        """Read everything that is held about a customer, page by page; that somebody began to is in the audit
        trail. One after the other, over all pages."""
        return self._items(lambda page: calls.export_personal_data(customer_id, limit=limit, cursor=page))

    def erase_personal_data(self, customer_id: str) -> ErasureAnswer:
        """Erase what is personal of a customer, for good; books, figures and the audit trail stay as they are."""
        return self._ask(calls.erase_personal_data(customer_id))

    def put_preferences(self, customer_id: str, body: PreferencesBody) -> PreferencesAnswer:
        """Say by what a customer wants to be told of each topic, where they live, and when not to be woken."""
        return self._ask(calls.put_preferences(customer_id, body))

    def get_preferences(self, customer_id: str) -> PreferencesAnswer:
        """Read what a customer prefers; customers see their own."""
        return self._ask(calls.get_preferences(customer_id))

    def preview_message(
        self,
        *,
        topic: Literal[
            "received",
            "evidence_requested",
            "approved",
            "rejected",
            "cancelled",
            "expired",
            "reopened",
            "parcel_lost",
            "one_parcel_lost",
            "lost_goods_paid",
            "lost_goods_not_paid",
            "bank_transfer",
            "payout_failed",
            "waiting_for_balance",
            "label_ready",
            "return_reminder",
            "parcel_received",
            "inspected",
            "paid",
            "owes_less",
            "credit_bonus",
            "credit_bonus_withdrawn",
            "coupon_reinstated",
            "coupon_use_reinstated",
            "points_restored",
            "points_clawed_back",
            "campaign_confirmed",
            "campaign_withdrawn",
            "coupon_withdrawn",
            "points_withdrawn",
            "points_given_again",
            "exclusive_discount_withdrawn",
            "coupon_given_again",
            "credit_given_again",
            "campaign_given_again",
            "dispute_won",
            "coupon_residual",
            "coupon_revoked",
            "credit_withdrawn",
            "exclusive_discount_reinstated",
            "gift_deducted",
            "tier_changed",
            "tier_will_change",
            "amount_changed",
            "completed",
            "pickup_arranged",
            "suspended",
            "reinstated",
        ],
        locale: str | None = None,
        channel: Shown | None = None,
    ) -> PreviewAnswer:
        """Read a message as a customer would get it, with the merchant's templates and made-up facts."""
        return self._ask(calls.preview_message(topic=topic, locale=locale, channel=channel))

    def list_customers(self, *, cursor: str | None = None, limit: int | None = None) -> CustomerList:
        """List customers by their ids; guests have no account and are left out."""
        return self._ask(calls.list_customers(cursor=cursor, limit=limit))

    def iterate_customers(self, *, limit: int | None = None) -> Iterator[CustomerSummary]:
        """List customers by their ids; guests have no account and are left out. One after the other, over all
        pages."""
        return self._items(lambda page: calls.list_customers(limit=limit, cursor=page))
