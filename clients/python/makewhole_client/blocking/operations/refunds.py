# Written by `make client`; change the document, or the async half, instead.
"""Operations: refunds."""

from collections.abc import Iterator
from datetime import datetime

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import refunds as calls
from makewhole_client.models import (
    BankAccountAnswer,
    CancelBody,
    EvidenceBody,
    FeedbackBody,
    GoodsAnswer,
    InspectionBody,
    LiveEvent,
    LossBody,
    ParcelNoteBody,
    PictureAnswer,
    ReceiptBody,
    RefundAnswer,
    RefundBody,
    RefundList,
    RefundMessages,
    RefundQuote,
    RefundStatus,
    RefundSummary,
    ResolutionBody,
    ReviewBody,
    ShipmentBody,
)


class RefundsCalls(Asks):
    def quote_refund(
        self, body: RefundBody, *, lines_cursor: str | None = None, locale: str | None = None
    ) -> RefundQuote:
        """Say what a refund would come to; the same function executes it, and nothing is changed."""
        return self._ask(calls.quote_refund(body, lines_cursor=lines_cursor, locale=locale))

    def pages_of_quote_refund(self, body: RefundBody, *, locale: str | None = None) -> Iterator[RefundQuote]:
        """Say what a refund would come to; the same function executes it, and nothing is changed. Page after page
        of its lines."""
        return self._pages(lambda page: calls.quote_refund(body, locale=locale, lines_cursor=page))

    def request_refund(self, body: RefundBody, *, idempotency_key: str | None = None) -> RefundAnswer:
        """Accept a refund: its units are claimed at once, so nobody else gets the same ones."""
        return self._ask(calls.request_refund(body, idempotency_key=idempotency_key))

    def list_refunds(
        self,
        *,
        status: RefundStatus | None = None,
        rma: str | None = None,
        order_id: str | None = None,
        customer_id: str | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> RefundList:
        """List refunds, the newest first; customers see their own."""
        return self._ask(
            calls.list_refunds(
                status=status,
                rma=rma,
                order_id=order_id,
                customer_id=customer_id,
                created_from=created_from,
                created_to=created_to,
                cursor=cursor,
                limit=limit,
            )
        )

    def iterate_refunds(
        self,
        *,
        status: RefundStatus | None = None,
        rma: str | None = None,
        order_id: str | None = None,
        customer_id: str | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[RefundSummary]:
        """List refunds, the newest first; customers see their own. One after the other, over all pages."""
        return self._items(
            lambda page: calls.list_refunds(
                status=status,
                rma=rma,
                order_id=order_id,
                customer_id=customer_id,
                created_from=created_from,
                created_to=created_to,
                limit=limit,
                cursor=page,
            )
        )

    def get_refund(self, refund_id: str, *, lines_cursor: str | None = None, locale: str | None = None) -> RefundAnswer:
        """Read a refund with its timeline; customers see their own."""
        return self._ask(calls.get_refund(refund_id, lines_cursor=lines_cursor, locale=locale))

    def pages_of_refund(self, refund_id: str, *, locale: str | None = None) -> Iterator[RefundAnswer]:
        """Read a refund with its timeline; customers see their own. Page after page of its lines."""
        return self._pages(lambda page: calls.get_refund(refund_id, locale=locale, lines_cursor=page))

    def get_return_label(self, refund_id: str) -> str:
        """A slip that names the return, in the customer's language; the carrier's label is at its `label_url`."""
        return self._ask(calls.get_return_label(refund_id))

    def list_refund_messages(self, refund_id: str) -> RefundMessages:
        """Read what the customer was told about a refund, on whatever channel; customers read of their own."""
        return self._ask(calls.list_refund_messages(refund_id))

    def send_picture(self, body: bytes) -> PictureAnswer:
        """Send a picture as it is: JPEG, PNG or WebP, at most 10 MiB and 50 megapixels."""
        return self._ask(calls.send_picture(body))

    def get_picture(self, evidence_id: str) -> bytes:
        """Read a picture, to be saved and not shown: for staff of the merchant, and the customer whose it is."""
        return self._ask(calls.get_picture(evidence_id))

    def watch_refund(self, refund_id: str, *, last_event_id: int | None = None) -> Iterator[LiveEvent]:
        """Watch a refund: what has happened so far, then what happens, until you hang up or a quarter of an hour is
        over."""
        return self._lines(calls.watch_refund(refund_id, last_event_id=last_event_id))

    def review_refund(self, refund_id: str, body: ReviewBody, *, idempotency_key: str | None = None) -> RefundAnswer:
        """Approve, reject, or ask for more evidence; what several have to approve goes on with the last approval."""
        return self._ask(calls.review_refund(refund_id, body, idempotency_key=idempotency_key))

    def record_shipment(
        self, refund_id: str, body: ShipmentBody, *, idempotency_key: str | None = None
    ) -> RefundAnswer:
        """Say that a parcel is under way; goods may come back in several, until they are inspected."""
        return self._ask(calls.record_shipment(refund_id, body, idempotency_key=idempotency_key))

    def record_receipt(self, refund_id: str, body: ReceiptBody, *, idempotency_key: str | None = None) -> RefundAnswer:
        """Say what arrived; no lines means all that is expected."""
        return self._ask(calls.record_receipt(refund_id, body, idempotency_key=idempotency_key))

    def record_loss(
        self, refund_id: str, body: LossBody | None = None, *, idempotency_key: str | None = None
    ) -> RefundAnswer:
        """Say that the parcel is lost on its way back, while it is awaited or after the end: a reviewer decides
        then."""
        return self._ask(calls.record_loss(refund_id, body, idempotency_key=idempotency_key))

    def record_inspection(
        self, refund_id: str, body: InspectionBody, *, idempotency_key: str | None = None
    ) -> RefundAnswer:
        """Accept or reject what was received, unit by unit; no lines means all is accepted."""
        return self._ask(calls.record_inspection(refund_id, body, idempotency_key=idempotency_key))

    def cancel_refund(
        self, refund_id: str, body: CancelBody | None = None, *, idempotency_key: str | None = None
    ) -> RefundAnswer:
        """Call the refund off, until the payout begins."""
        return self._ask(calls.cancel_refund(refund_id, body, idempotency_key=idempotency_key))

    def resolve_refund(
        self, refund_id: str, body: ResolutionBody, *, idempotency_key: str | None = None
    ) -> RefundAnswer:
        """Help a refund that needs attention."""
        return self._ask(calls.resolve_refund(refund_id, body, idempotency_key=idempotency_key))

    def add_evidence(self, refund_id: str, body: EvidenceBody, *, idempotency_key: str | None = None) -> RefundAnswer:
        """Add evidence for the reviewer, while the refund is in review."""
        return self._ask(calls.add_evidence(refund_id, body, idempotency_key=idempotency_key))

    def note_parcel(self, refund_id: str, body: ParcelNoteBody, *, idempotency_key: str | None = None) -> RefundAnswer:
        """Write down what was found in a return parcel besides its units: it stands in the timeline, the pictures
        are evidence, and the merchant's systems are told `return.parcel_noted`."""
        return self._ask(calls.note_parcel(refund_id, body, idempotency_key=idempotency_key))

    def get_return_goods(self, refund_id: str, *, lines_cursor: str | None = None) -> GoodsAnswer:
        """Read what comes back with a refund, by name, and what has arrived of it; customers see their own."""
        return self._ask(calls.get_return_goods(refund_id, lines_cursor=lines_cursor))

    def pages_of_return_goods(self, refund_id: str) -> Iterator[GoodsAnswer]:
        """Read what comes back with a refund, by name, and what has arrived of it; customers see their own. Page
        after page of its lines."""
        return self._pages(lambda page: calls.get_return_goods(refund_id, lines_cursor=page))

    def get_bank_account(self, refund_id: str) -> BankAccountAnswer:
        """Read where to transfer a refund's money."""
        return self._ask(calls.get_bank_account(refund_id))

    def give_feedback(self, refund_id: str, body: FeedbackBody, *, idempotency_key: str | None = None) -> RefundAnswer:
        """Say how content the customer is with a refund that is over; what is said last counts."""
        return self._ask(calls.give_feedback(refund_id, body, idempotency_key=idempotency_key))
