"""Every body and every answer of the document has an example, which is of its own schema and does not end."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from api.app import ABOUT, with_routes
from api.document import make
from api.examples import Examples
from api.schemas.customers import CampaignBody, CouponBody, CustomerBody, PointsBody
from api.schemas.feedback import FeedbackBody
from api.schemas.orders import OrderBody
from api.schemas.policy import PolicyBody
from api.schemas.refund_answers import RefundAnswer
from api.schemas.refunds import RefundBody
from api.schemas.rights import AppealBody, SuspensionBody
from api.schemas.updates import (
    CancelBody,
    EvidenceBody,
    InspectionBody,
    ReceiptBody,
    ResolutionBody,
    ReviewBody,
    ShipmentBody,
)
from api.schemas.what_if import WhatIfBody
from domain import clock
from tests.api.published import Operation, operations
from tests.shop import Shop

TODAY = clock.now().date()
DOCUMENT = make(with_routes(FastAPI(**ABOUT)), TODAY)
OPERATIONS = {operation.name: operation for operation in operations(DOCUMENT)}

MODELS: list[type[BaseModel]] = [
    PolicyBody, WhatIfBody, CustomerBody, PointsBody, CouponBody, CampaignBody, OrderBody, RefundBody, RefundAnswer,
    ReviewBody, ShipmentBody, ReceiptBody, InspectionBody, CancelBody, EvidenceBody, ResolutionBody, SuspensionBody,
    AppealBody, FeedbackBody,
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_an_example_of_the_document_is_taken_by_the_api(model: type[BaseModel]) -> None:
    (example,) = DOCUMENT["components"]["schemas"][model.__name__]["examples"]

    model.model_validate(example)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_body_and_answer_has_an_example_of_its_own_schema(name: str) -> None:
    for what, content in contents(OPERATIONS[name]):
        shown = [each["value"] for each in content.get("examples", {}).values()] or [content["example"]]
        for example in shown:
            problems = list(Draft202012Validator({**content["schema"], **KNOWN}).iter_errors(example))
            assert problems == [], f"{name} {what}: {problems[0].message}"


KNOWN = {"components": DOCUMENT["components"]}


def contents(operation: Operation) -> list[tuple[str, Any]]:
    parts = {"body": operation.spec.get("requestBody", {}), **operation.spec["responses"]}
    return [(what, content) for what, part in parts.items() for content in part.get("content", {}).values()]


def test_no_example_is_of_a_fixed_date() -> None:
    later = TODAY + timedelta(days=4_000)

    assert str(later.year) in str(Examples(later).of("CouponBody"))
    assert str(TODAY.year) not in str([Examples(later).of(name) for name in DOCUMENT["components"]["schemas"]])


async def test_the_example_order_of_the_document_can_be_pushed_and_refunded(shop: Shop) -> None:
    order = Examples(TODAY).of("OrderBody")
    assert order is not None

    await shop.merchant.put("/v1/orders/o1", order)
    half = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])

    assert half["total"] == 54_750 + 1_000
    assert half["lines"][0]["points_restored"] == 250 and half["effects"]["points_clawed_back"] == 250
