"""The ways makewhole says no to a request: an outcome with a stable code, not an accident."""

from enum import StrEnum


class Refusal(StrEnum):
    """Why a refund or an order is refused; the codes are those of the HTTP surface."""

    ORDER_NOT_REFUNDABLE = "order_not_refundable"
    NOTHING_LEFT_TO_REFUND = "nothing_left_to_refund"
    QUANTITY_NOT_AVAILABLE = "quantity_not_available"
    AMOUNT_NOT_AVAILABLE = "amount_not_available"
    OUTSIDE_RETURN_WINDOW = "outside_return_window"
    PAYMENT_DISPUTED = "payment_disputed"
    PROVIDER_LIMIT = "provider_limit"
    LINE_NOT_RETURNABLE = "line_not_returnable"
    BUNDLE_INCOMPLETE = "bundle_incomplete"
    LINE_NOT_FOUND = "line_not_found"
    ORDER_DOES_NOT_BALANCE = "order_does_not_balance"
    REFUND_RIGHT_SUSPENDED = "refund_right_suspended"
    REFUND_TO_NOT_ALLOWED = "refund_to_not_allowed"
    NOTHING_WAS_SENT = "nothing_was_sent"
    DISCOUNT_EXCEEDS_LINES = "discount_exceeds_lines"
    COUPON_OF_ANOTHER_CUSTOMER = "coupon_of_another_customer"


class RefundRejected(Exception):
    """We refuse, by a rule. `code` is stable, the message says what was wrong and what would be right."""

    def __init__(self, code: Refusal, message: str) -> None:
        super().__init__(message)
        self.code = code
