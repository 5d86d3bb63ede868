"""What a route says of itself for the published document: its operation id, and the codes that only it can answer."""

from typing import Any

from pydantic import BaseModel

from domain.refusals import Refusal

CODES_OF_ITS_OWN = "x-codes"
"""Where a route keeps its codes; `api/document.py` adds those that follow from its parameters and roles."""

WHY_NOT_REFUNDED = (
    Refusal.ORDER_NOT_REFUNDABLE,
    Refusal.NOTHING_LEFT_TO_REFUND,
    Refusal.QUANTITY_NOT_AVAILABLE,
    Refusal.BUNDLE_INCOMPLETE,
    Refusal.AMOUNT_NOT_AVAILABLE,
    Refusal.OUTSIDE_RETURN_WINDOW,
    Refusal.LINE_NOT_FOUND,
    Refusal.NOTHING_WAS_SENT,
    Refusal.LINE_NOT_RETURNABLE,
    Refusal.REFUND_TO_NOT_ALLOWED,
    Refusal.PAYMENT_DISPUTED,
    Refusal.PROVIDER_LIMIT,
)
"""What a quote and a request can be refused for."""


def described(operation_id: str, *codes: str, **extra: Any) -> dict[str, Any]:
    """Return a route's own part of the document, for the decorator that makes the route."""
    return {"operation_id": operation_id, "openapi_extra": {CODES_OF_ITS_OWN: [str(code) for code in codes], **extra}}


def json_body(*models: type[BaseModel]) -> dict[str, Any]:
    """Return the body of a route that reads it unparsed, as one of the models, which `api/document.py` knows."""
    schemas = [json_schema(model) for model in models]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
