"""A request that can't be done as it is: what is wrong with it, whoever asked by whatever way."""

from enum import StrEnum


class Wrong(StrEnum):
    """What kind of no it is; the codes are those of the HTTP surface."""

    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    DUPLICATE_REQUEST = "duplicate_request"
    VALIDATION_FAILED = "validation_failed"


class RequestRefused(Exception):
    """We refuse what was asked for. `pointer` is the field's place in it (RFC 6901), empty where it is no field's."""

    def __init__(self, code: Wrong, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.pointer = pointer


def forbidden(detail: str) -> RequestRefused:
    return RequestRefused(Wrong.FORBIDDEN, detail)


def not_found(what: str) -> RequestRefused:
    return RequestRefused(Wrong.NOT_FOUND, f"there is no {what} here")


def duplicate_request(refund_id: str) -> RequestRefused:
    detail = (
        f"refund {refund_id} asked for the same money of this order a moment ago: say `confirm_duplicate` if both are "
        "meant; a request that is sent again goes under its Idempotency-Key"
    )
    return RequestRefused(Wrong.DUPLICATE_REQUEST, detail)


def duplicate_bulk(bulk_id: str) -> RequestRefused:
    detail = f"the same file was confirmed before, as bulk {bulk_id}: say `confirm_duplicate` if it is meant once more"
    return RequestRefused(Wrong.DUPLICATE_REQUEST, detail)


def wrong_field(pointer: str, detail: str) -> RequestRefused:
    """Say what is wrong with one field, by its place, as `/lines/0/quantity`."""
    return RequestRefused(Wrong.VALIDATION_FAILED, detail, pointer)
