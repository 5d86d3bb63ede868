"""The published document is the reference: its examples are what the API really takes."""

from pydantic import BaseModel

from api.schemas.customers import CampaignBody, CouponBody, CustomerBody, PointsBody
from api.schemas.feedback import FeedbackBody
from api.schemas.orders import OrderBody
from api.schemas.policy import PolicyBody
from api.schemas.refunds import RefundBody, ShipmentBody
from api.schemas.rights import AppealBody, SuspensionBody
from tests.shop import Shop

BODIES: list[type[BaseModel]] = [
    PolicyBody,
    CustomerBody,
    PointsBody,
    CouponBody,
    CampaignBody,
    OrderBody,
    RefundBody,
    ShipmentBody,
    SuspensionBody,
    AppealBody,
    FeedbackBody,
]


async def test_every_body_has_an_example_that_is_valid(shop: Shop) -> None:
    document = (await shop.http.get("/openapi.json")).json()

    for body in BODIES:
        for example in document["components"]["schemas"][body.__name__]["examples"]:
            body.model_validate(example)


async def test_the_example_order_of_the_document_can_be_pushed_and_refunded(shop: Shop) -> None:
    document = (await shop.http.get("/openapi.json")).json()
    (order,) = document["components"]["schemas"]["OrderBody"]["examples"]

    await shop.merchant.put("/v1/orders/o1", order)
    half = await shop.approved_refund(lines=[{"line_id": "l1", "quantity": 1}])

    assert half["total"] == 54_750 + 1_000
    assert half["lines"][0]["points_restored"] == 250 and half["effects"]["points_clawed_back"] == 250


async def test_the_service_says_that_it_is_alive_and_ready(shop: Shop) -> None:
    assert (await shop.http.get("/healthz")).json() == {"status": "ok"}
    assert (await shop.http.get("/readyz")).json() == {"postgres": "ok", "temporal": "ok"}
