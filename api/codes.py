"""Every code a problem can have, its status and what it means: the table that the published document quotes."""

from collections.abc import Mapping
from typing import NamedTuple

from domain.refusals import Refusal


class Kind(NamedTuple):
    """What a code comes with, and what it tells the caller in a sentence."""

    status: int
    meaning: str


CODES: Mapping[str, Kind] = {
    "malformed_request": Kind(400, "the body can't be read at all: not UTF-8, or nested too deep"),
    "unauthenticated": Kind(401, "there is no API key, or nobody knows it"),
    "wrong_code": Kind(401, "the one-time code is another, was used, is too old, or was guessed at too often"),
    "passkey_refused": Kind(401, "what came is no answer of a passkey to a challenge that is still good"),
    "sign_in_failed": Kind(401, "this sign-in is another browser's, was ended, or the provider does not confirm it"),
    "bad_signature": Kind(401, "the webhook is not signed by a known secret, or was signed too long ago"),
    "forbidden": Kind(403, "the key's role may not do this, or not with these fields"),
    "not_let_in": Kind(403, "the provider says who it is, and the merchant's rules do not let them in, or not as that"),
    "test_clock_not_allowed": Kind(
        403,
        "no clock is put forward here, or not of a merchant with an account at a provider or carrier",
    ),
    "not_found": Kind(404, "there is no such thing here, or it belongs to somebody else"),
    "conflicting_state": Kind(409, "what is stored now does not allow this; read it, then decide again"),
    "other_approver_needed": Kind(
        409, "it needs approvals by several API keys, and this key has given its own, or a signal has none"
    ),
    "limit_reached": Kind(409, "there is as much of this already as is taken"),
    "idempotency_key_reused": Kind(409, "this Idempotency-Key was used for another request"),
    "duplicate_request": Kind(409, "the same money was asked for a moment ago; say `confirm_duplicate` if it is meant"),
    "label_void": Kind(410, "the label was called off: nothing may be sent with it any more"),
    "body_too_large": Kind(413, "the body has more bytes than are taken"),
    "validation_failed": Kind(422, "a field is wrong; `errors` points at each one where the schema refuses it"),
    Refusal.ORDER_NOT_REFUNDABLE: Kind(422, "the order is not paid, so there is nothing to pay back"),
    Refusal.NOTHING_LEFT_TO_REFUND: Kind(422, "everything of the order is refunded or asked for already"),
    Refusal.QUANTITY_NOT_AVAILABLE: Kind(422, "so many units of a line are not left"),
    Refusal.AMOUNT_NOT_AVAILABLE: Kind(422, "so much money of a line is not left"),
    Refusal.OUTSIDE_RETURN_WINDOW: Kind(422, "the time in which the order can be returned is over"),
    Refusal.PAYMENT_DISPUTED: Kind(422, "the payment is disputed at the bank, which decides about this money now"),
    Refusal.PROVIDER_LIMIT: Kind(
        422, "no provider of its payments pays it back any more, and nothing is given instead"
    ),
    Refusal.LINE_NOT_FOUND: Kind(422, "the order has no such line"),
    Refusal.LINE_NOT_RETURNABLE: Kind(422, "the line was sold for good and the merchant is not at fault"),
    Refusal.BUNDLE_INCOMPLETE: Kind(422, "parts that come back only together were asked for without the others"),
    Refusal.ORDER_DOES_NOT_BALANCE: Kind(422, "lines, shipping and discounts come to another sum than the payments"),
    Refusal.REFUND_RIGHT_SUSPENDED: Kind(422, "the customer may not ask for refunds for a while"),
    Refusal.REFUND_TO_NOT_ALLOWED: Kind(422, "the policy does not let customers have their money this way"),
    Refusal.NOTHING_WAS_SENT: Kind(422, "the order was cancelled before it was sent, so nothing can come back"),
    Refusal.DISCOUNT_EXCEEDS_LINES: Kind(422, "a discount is larger than the lines it is for"),
    "too_many_requests": Kind(
        429,
        "more is sent at once than the merchant's share, or more often than a limit allows; wait as `Retry-After` says",
    ),
    Refusal.COUPON_OF_ANOTHER_CUSTOMER: Kind(422, "the order names a coupon that belongs to somebody else"),
    "temporarily_unavailable": Kind(503, "a part of makewhole does not answer now; repeat the request in a moment"),
}
