# Written by `make client`; change the document, or the async half, instead.
"""Operations: reviews."""

from collections.abc import Iterator

from makewhole_client.blocking.asking import Asks
from makewhole_client.calls import reviews as calls
from makewhole_client.models import AssignmentAnswer, Precedents, Reason, ReviewQueue, SafeReviews, WaitingReviewAnswer


class ReviewsCalls(Asks):
    def list_precedents(self, refund_id: str) -> Precedents:
        """Read how people of yours decided about refunds with the same reason, kind and band of risk."""
        return self._ask(calls.list_precedents(refund_id))

    def list_reviews(
        self,
        *,
        reason: Reason | None = None,
        currency: str | None = None,
        amount_from: int | None = None,
        amount_to: int | None = None,
        risk_from: int | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> ReviewQueue:
        """List the refunds that wait for a reviewer, what is due first at the head."""
        return self._ask(
            calls.list_reviews(
                reason=reason,
                currency=currency,
                amount_from=amount_from,
                amount_to=amount_to,
                risk_from=risk_from,
                cursor=cursor,
                limit=limit,
            )
        )

    def iterate_reviews(
        self,
        *,
        reason: Reason | None = None,
        currency: str | None = None,
        amount_from: int | None = None,
        amount_to: int | None = None,
        risk_from: int | None = None,
        limit: int | None = None,
    ) -> Iterator[WaitingReviewAnswer]:
        """List the refunds that wait for a reviewer, what is due first at the head. One after the other, over all
        pages."""
        return self._items(
            lambda page: calls.list_reviews(
                reason=reason,
                currency=currency,
                amount_from=amount_from,
                amount_to=amount_to,
                risk_from=risk_from,
                limit=limit,
                cursor=page,
            )
        )

    def preview_safe_reviews(self, *, limit: int | None = None) -> SafeReviews:
        """Preview what you may safely approve together, each by `POST /v1/refunds/{refund_id}/review` as ever."""
        return self._ask(calls.preview_safe_reviews(limit=limit))

    def get_review(self, refund_id: str) -> WaitingReviewAnswer:
        """Read until when a refund is to be decided, and who is at it; one that waits for no reviewer is refused."""
        return self._ask(calls.get_review(refund_id))

    def take_review(self, refund_id: str) -> AssignmentAnswer:
        """Say that you are at this refund: for ten minutes nobody else decides about it."""
        return self._ask(calls.take_review(refund_id))

    def put_review_back(self, refund_id: str) -> None:
        """Say that you are not at it any more: others find it free at once."""
        return self._ask(calls.put_review_back(refund_id))
