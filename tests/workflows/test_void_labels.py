"""A label is void at the carrier for good, and books from an older copy do not know it: the return gets another RMA."""

from datetime import timedelta

import pytest

from activities.returns import IssueReturn, Returns, VoidReturn
from db.steps import AlreadyUndone
from domain import clock
from gateways.locales import load_catalogue
from gateways.sandbox.carrier import SandboxCarrier
from service.labels import rma_of
from service.refund_rights import Rights
from service.return_news import ReturnNews
from service.steps import RefundRef
from tests.shop import Shop
from tests.upkeep.scenes import at, awaiting_return, in_review, in_transit
from tools.client import Json

DELIVER_BY = clock.now() + timedelta(days=7)


def returns_of(shop: Shop) -> Returns:
    catalogue = load_catalogue()
    return Returns(shop.engine, SandboxCarrier(shop.engine), Rights(catalogue), ReturnNews(catalogue))


def named(shop: Shop, refund: Json) -> RefundRef:
    return RefundRef(refund["refund_id"], shop.merchant_id)


async def label_is_void(shop: Shop, refund: Json) -> None:
    """It was made worthless when the refund was over, and our books have forgotten that."""
    ref = named(shop, refund)
    await SandboxCarrier(shop.engine).void_label(ref.merchant_id, rma_of(ref, 1))


async def labels(shop: Shop) -> dict[str, str]:
    of_shop = "select rma, state from sandbox.labels where merchant_id = %s"
    async with shop.engine.connect() as books:
        found = await books.exec_driver_sql(of_shop, (shop.merchant_id,))
        return {row.rma: row.state for row in found}


async def a_return_in_review(shop: Shop) -> Json:
    await shop.policy(auto_approve={})
    await shop.order()
    return await in_review(shop)


async def test_a_return_gets_another_rma_where_its_label_is_void_and_both_are_voided_when_it_stops(shop: Shop) -> None:
    refund = await a_return_in_review(shop)
    await label_is_void(shop, refund)
    await shop.reviewer.post(at(refund, "review"), {"decision": "approve"})

    issued = await shop.until(refund, "awaiting_return")
    await shop.merchant.post(at(refund, "cancel"), {})
    await shop.until(refund, "cancelled")

    ref = named(shop, refund)
    assert issued["return"]["rma"] == rma_of(ref, 2)
    assert [each["event"] for each in issued["timeline"][-2:]] == ["label_void", "label_ready"]
    assert await labels(shop) == {rma_of(ref, 1): "void", rma_of(ref, 2): "void"}


async def test_a_label_that_the_customer_was_told_of_is_replaced_and_they_are_told_so(shop: Shop) -> None:
    await shop.order()
    refund = await awaiting_return(shop)
    await shop.until_told("return label")
    await label_is_void(shop, refund)

    again = [await returns_of(shop).issue_return(IssueReturn(named(shop, refund), DELIVER_BY)) for _ in range(2)]

    shown = await shop.merchant.get(f"/v1/refunds/{refund['refund_id']}")
    assert again == [rma_of(named(shop, refund), 2)] * 2
    assert (shown["return"]["rma"], shown["status"]) == (again[0], "awaiting_return")
    assert sum("return label" in text for text in await shop.inbox()) == 2


async def test_a_parcel_that_is_on_its_way_needs_no_other_label(shop: Shop) -> None:
    await shop.order()
    refund = await in_transit(shop)
    await label_is_void(shop, refund)

    kept = await returns_of(shop).issue_return(IssueReturn(named(shop, refund), DELIVER_BY))

    assert kept == refund["return"]["rma"] and len(await labels(shop)) == 1


async def test_an_attempt_that_is_late_gets_no_other_rma_for_a_return_that_was_called_off(shop: Shop) -> None:
    refund = await a_return_in_review(shop)
    ref, returns = named(shop, refund), returns_of(shop)
    await returns.void_return(VoidReturn(ref))

    with pytest.raises(AlreadyUndone):
        await returns.issue_return(IssueReturn(ref, DELIVER_BY))

    assert await labels(shop) == {rma_of(ref, 1): "void"}
