"""What is held about a customer: all of it can be read on request."""

import json
from typing import Any

import pytest

from db.api_keys import Role
from db.personal_data import HELD, PLACES
from tests.api.planted import Planted, plant
from tests.shop import Shop
from tools.client import Json, Refused


async def exported(shop: Shop, limit: int = 200) -> list[Json]:
    """Read all pages."""
    path, found, cursor = f"/v1/customers/{shop.customer_id}/personal-data", list[Json](), None
    while True:
        asked: dict[str, Any] = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = await shop.owner.get(path, **asked)
        found += answer["items"]
        cursor = answer["next"]
        if cursor is None:
            return found


def missing(planted: Planted, text: str) -> list[str]:
    return [place for place, said in planted.said.items() if said not in text]


async def test_everything_that_was_ever_said_of_a_customer_is_in_the_export(shop: Shop, other_shop: Shop) -> None:
    planted, _ = await plant(shop)
    await other_shop.merchant.put(f"/v1/customers/{shop.customer_id}", {"name": "of another merchant"})

    whole = await exported(shop)
    in_pages = await exported(shop, limit=7)

    text = json.dumps(whole, ensure_ascii=False)
    assert len(planted.said) > 20 and missing(planted, text) == []
    assert {each["kind"] for each in whole} <= {table.name for table in HELD}
    assert all(row_names(each) for each in whole)
    assert what_stays(in_pages) == what_stays(whole)
    assert "of another merchant" not in text and shop.keys[Role.OWNER] not in text
    assert any(each["data"].get("action") == "personal_data_exported" for each in whole)


def row_names(record: Json) -> bool:
    """Whether a record has everything that is judged personal in its table, but for what lies encrypted."""
    place = next(place for table, place in PLACES.items() if table.name == record["kind"])
    return set(place.personal.split()) - {"nonce", "sealed"} <= set(record["data"])


def what_stays(records: list[Json]) -> list[str]:
    """All but what reading writes itself, and messages, which workers send meanwhile."""
    written = ("audit_entries", "audit_counts", "messages", "deliveries")
    return [json.dumps(each, sort_keys=True) for each in records if each["kind"] not in written]


async def test_nobody_but_an_owner_reads_it_and_nobody_reads_of_whom_nothing_is_known(shop: Shop) -> None:
    await shop.order()

    for role in (Role.MERCHANT, Role.OPS, Role.REVIEWER):
        answer = await shop.raw(role, "GET", f"/v1/customers/{shop.customer_id}/personal-data")
        assert answer.status_code == 403
    with pytest.raises(Refused, match="404 not_found"):
        await shop.owner.get("/v1/customers/hanmeimei/personal-data")


@pytest.mark.parametrize("cursor", ["x", "WzAsIDFd", "Wzk5LCBudWxsXQ==", "WzAsIFsxXV0="])
async def test_a_cursor_of_ones_own_is_refused(shop: Shop, cursor: str) -> None:
    await shop.order()

    with pytest.raises(Refused, match="422 validation_failed"):
        await shop.owner.get(f"/v1/customers/{shop.customer_id}/personal-data", cursor=cursor)
