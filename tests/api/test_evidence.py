"""Pictures as evidence over HTTP: sent, referred to, read by whom they concern, and gone when they have to go."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text, update

from db import pictures
from db.api_keys import Caller, Role
from db.pictures import UsedIn
from db.schema import pictures as rows
from db.whose import Everyones, of_everyone
from gateways.files.folder import Folder
from gateways.files.port import StoreDown
from gateways.files.shelves import PICTURES
from service.pictures import Pictures
from tests.photographs import as_file, opened, photograph, with_a_past
from tests.shop import Shop
from tools.client import Api, Json, Refused
from tools.stack.stack import EVIDENCE, Stack
from upkeep.pictures import OldPictures


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def send(shop: Shop, key: str, content: bytes, kind: str = "image/jpeg") -> httpx.Response:
    return await shop.http.post("/v1/evidence", content=content, headers={**bearer(key), "Content-Type": kind})


async def sent(shop: Shop, key: str, seed: int = 1) -> Json:
    answer = await send(shop, key, with_a_past(photograph(seed)))
    assert answer.status_code == 201, answer.text
    kept: Json = answer.json()
    return kept


async def read(shop: Shop, key: str, picture: Mapping[str, Any]) -> httpx.Response:
    return await shop.http.get(f"/v1/evidence/{picture['evidence_id']}", headers=bearer(key))


async def asks(shop: Shop, key: str, *evidence: str, order_id: str = "o1", path: str = "/v1/refunds") -> httpx.Response:
    body = {"order_id": order_id, "reason": "changed_mind", "kind": "refund_only", "evidence": list(evidence)}
    return await shop.http.post(path, json=body, headers=bearer(key))


async def test_a_customer_sends_a_picture_and_a_reviewer_sees_it_without_where_it_was_taken(shop: Shop) -> None:
    key = await shop.customer_key(shop.customer_id)
    await shop.order()

    picture = await sent(shop, key)
    link = "https://shop.example/1.jpg"
    refund = (await asks(shop, key, link, picture["evidence"])).json()
    shown = await shop.reviewer.get(f"/v1/refunds/{refund['refund_id']}")
    answer = await read(shop, shop.keys[Role.REVIEWER], picture)

    assert shown["evidence"] == [link, picture["evidence"]]
    assert answer.headers["content-disposition"] == f'attachment; filename="{picture["evidence_id"]}.jpg"'
    assert answer.headers["cache-control"] == "private, no-store"
    assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == ("image/jpeg", "nosniff")
    assert opened(answer.content).size == (picture["width"], picture["height"]) == (640, 480)
    assert len(answer.content) == picture["size"] and not opened(answer.content).getexif()
    assert (await read(shop, key, picture)).content == answer.content


async def test_a_picture_is_for_staff_of_its_merchant_and_the_customer_whose_it_is(
    shop: Shop, other_shop: Shop
) -> None:
    own, other = await shop.customer_key(shop.customer_id), await shop.customer_key("hanmeimei")
    await shop.order("o1")
    await shop.order("o2", customer_id="hanmeimei")
    picture, unsent = await sent(shop, own), {"evidence_id": f"ev_{'0' * 32}"}
    unsent["evidence"] = f"mw-evidence:{unsent['evidence_id']}"

    for key in (other, other_shop.keys[Role.MERCHANT], other_shop.keys[Role.REVIEWER]):
        there, nowhere = await read(shop, key, picture), await read(shop, key, unsent)
        assert there.status_code == nowhere.status_code == 404
        assert there.json()["detail"].replace(picture["evidence_id"], unsent["evidence_id"]) == nowhere.json()["detail"]
    for path in ("/v1/refunds", "/v1/refunds/quote"):
        refused = [await asks(shop, other, each["evidence"], order_id="o2", path=path) for each in (picture, unsent)]
        assert [each.status_code for each in refused] == [422, 422]
        assert refused[0].json() == refused[1].json()
    by_merchant = await asks(shop, shop.keys[Role.MERCHANT], picture["evidence"], order_id="o2")
    assert by_merchant.json()["errors"][0]["pointer"] == "/evidence/0"


async def test_what_a_merchant_sends_becomes_the_customers_whose_refund_refers_to_it(shop: Shop) -> None:
    own, other = await shop.customer_key(shop.customer_id), await shop.customer_key("hanmeimei")
    merchant = shop.keys[Role.MERCHANT]
    await shop.order("o1")
    await shop.order("o2", customer_id="hanmeimei")
    first, more = await sent(shop, merchant), await sent(shop, merchant, seed=2)

    before = await read(shop, own, first)
    refund = (await asks(shop, merchant, first["evidence"])).json()
    added = {"evidence": [more["evidence"]]}
    await shop.merchant.post(f"/v1/refunds/{refund['refund_id']}/evidence", added)

    assert before.status_code == 404
    assert [(await read(shop, own, each)).status_code for each in (first, more)] == [200, 200]
    assert (await asks(shop, merchant, more["evidence"], order_id="o2")).status_code == 422
    assert (await read(shop, other, more)).status_code == 404


async def test_an_appeal_may_show_something(shop: Shop) -> None:
    key = await shop.customer_key(shop.customer_id)
    await shop.order()
    await shop.ops.post(f"/v1/customers/{shop.customer_id}/suspension", {})
    picture = await sent(shop, key)
    customer, path = Api(shop.http, key), f"/v1/customers/{shop.customer_id}/appeal"

    with pytest.raises(Refused, match="422 validation_failed"):
        await customer.post(path, {"note": "see", "evidence": [f"mw-evidence:ev_{'0' * 32}"]})
    with pytest.raises(Refused, match="422 validation_failed"):
        await customer.post(path, {"note": "see", "evidence": ["http://shop.example/1.jpg"]})
    appealed = await customer.post(path, {"note": "see", "evidence": [picture["evidence"]]})

    assert appealed["refund_rights"]["appeal"]["evidence"] == [picture["evidence"]]
    assert (await read(shop, shop.keys[Role.OPS], picture)).status_code == 200


@pytest.mark.parametrize("piece", ["mw-evidence:", "mw-evidence:ev_1", f"mw-evidence:EV_{'0' * 32}"])
async def test_what_is_no_reference_is_refused_as_it_is(shop: Shop, piece: str) -> None:
    await shop.order()

    answer = await asks(shop, shop.keys[Role.MERCHANT], piece)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/evidence/0")


async def test_what_it_is_said_to_be_is_not_believed(shop: Shop) -> None:
    key = await shop.customer_key(shop.customer_id)

    as_page = await send(shop, key, as_file(photograph(1), "PNG"), "text/html")
    no_picture = await send(shop, key, b"<script>alert(1)</script>", "image/jpeg")

    assert as_page.status_code == 201
    assert (await read(shop, key, as_page.json())).headers["content-type"] == "image/jpeg"
    assert (no_picture.status_code, no_picture.json()["code"]) == (422, "validation_failed")


async def test_who_has_proved_one_order_has_the_pictures_of_that_order(shop: Shop) -> None:
    account = Caller(shop.merchant_id, Role.CUSTOMER, shop.customer_id)
    guest, neighbour = replace(account, only_order_id="g1"), replace(account, only_order_id="g2")
    async with shop.engine.begin() as connection:
        new = pictures.NewPicture(f"ev_{shop.merchant_id}", shop.merchant_id, shop.customer_id, "g1", "", "n", 1, 1, 1)
        await pictures.announce(connection, new)
        unseen = await pictures.find(connection, guest, new.evidence_id)
        await pictures.note_stored(connection, new.evidence_id)
        seen = [await pictures.find(connection, each, new.evidence_id) for each in (account, guest, neighbour)]
        used = [
            await pictures.use(connection, each, [new.evidence_id], UsedIn(shop.customer_id, "g1"))
            for each in (neighbour, guest)
        ]

    assert (unseen, seen, used) == (None, ["n", "n", None], [[], [new.evidence_id]])


# What goes


def file_of(stack: Stack, name: str) -> Path:
    return stack.home.path / EVIDENCE / name[:2] / f"{name}.jpg"


async def stored_as(shop: Shop, picture: Json) -> str:
    query = select(rows.c.name).where(rows.c.evidence_id == picture["evidence_id"])
    async with shop.engine.connect() as connection:
        return str((await connection.execute(query)).scalar_one())


async def age(shop: Shop, *of: Json, hours: int = 25) -> None:
    aged = update(rows).where(rows.c.evidence_id.in_([each["evidence_id"] for each in of]))
    async with shop.engine.begin() as connection:
        await connection.execute(aged.values(created_at=text(f"now() - interval '{hours} hours'")))


async def tidy(shop: Shop, stack: Stack) -> None:
    with of_everyone(Everyones.KEEPERS):
        await OldPictures(shop.engine, Folder(stack.home.path / EVIDENCE, PICTURES)).remove()


async def test_a_picture_that_nothing_refers_to_goes_after_a_day(shop: Shop, stack: Stack) -> None:
    key = await shop.customer_key(shop.customer_id)
    await shop.order()
    unused, young, used = [await sent(shop, key, seed) for seed in (1, 2, 3)]
    await asks(shop, key, used["evidence"])
    file = file_of(stack, await stored_as(shop, unused))
    assert file.exists()

    await age(shop, unused, used)  # from here on the worker tidies up as well
    await tidy(shop, stack)

    assert [(await read(shop, key, each)).status_code for each in (unused, young, used)] == [404, 200, 200]
    assert not file.exists()
    assert (await asks(shop, key, unused["evidence"])).status_code == 422


async def test_the_same_content_is_one_file_and_stays_as_long_as_somebody_has_it(shop: Shop, stack: Stack) -> None:
    key = await shop.customer_key(shop.customer_id)
    one, two = await sent(shop, key), await sent(shop, key)
    assert one["evidence"] != two["evidence"] and await stored_as(shop, one) == await stored_as(shop, two)
    file = file_of(stack, await stored_as(shop, two))
    await age(shop, one)

    await tidy(shop, stack)
    has_it = (await read(shop, key, two)).status_code
    await age(shop, two)
    await tidy(shop, stack)

    assert (has_it, (await read(shop, key, two)).status_code, file.exists()) == (200, 404, False)


async def test_an_erasure_takes_a_customers_pictures_with_it_and_nobody_elses(shop: Shop, stack: Stack) -> None:
    own, merchant = await shop.customer_key(shop.customer_id), shop.keys[Role.MERCHANT]
    await shop.order("o1")
    await shop.order("o2", customer_id="hanmeimei")
    unused, theirs, others = await sent(shop, own), await sent(shop, merchant, 2), await sent(shop, merchant, 3)
    refund = (await asks(shop, merchant, theirs["evidence"])).json()
    await asks(shop, merchant, others["evidence"], order_id="o2")
    await shop.reviewer.post(f"/v1/refunds/{refund['refund_id']}/review", {"decision": "reject", "note": "no"})
    await shop.until(refund, "rejected")
    path = f"/v1/customers/{shop.customer_id}/personal-data"
    held = (await shop.owner.get(path))["items"]
    files = [file_of(stack, await stored_as(shop, each)) for each in (unused, theirs)]

    erased = await shop.raw(Role.OWNER, "DELETE", path)
    seen = [(await read(shop, merchant, each)).status_code for each in (unused, theirs, others)]
    await tidy(shop, stack)

    named = {each["data"]["evidence_id"] for each in held if each["kind"] == "pictures"}
    assert named == {each["evidence_id"] for each in (unused, theirs)}
    assert erased.status_code == 200 and seen == [404, 404, 200]
    assert [file.exists() for file in files] == [False, False]
    assert all(each["kind"] != "pictures" for each in (await shop.owner.get(path))["items"])


class Unreliable:
    """A folder that is down when a test says so."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.is_down = False
        self.is_down_afterwards = False

    async def put(self, name: str, content: bytes) -> None:
        self._refuse()
        await self._folder.put(name, content)
        if self.is_down_afterwards:
            raise StoreDown("nobody knows")

    async def get(self, name: str) -> bytes | None:
        self._refuse()
        return await self._folder.get(name)

    async def remove(self, name: str) -> None:
        self._refuse()
        await self._folder.remove(name)

    def _refuse(self) -> None:
        if self.is_down:
            raise StoreDown("away")


async def test_a_store_that_is_down_loses_nothing_and_leaves_nothing_behind(shop: Shop, stack: Stack) -> None:
    store = Unreliable(Folder(stack.home.path / EVIDENCE, PICTURES))
    keeping, caller = Pictures(shop.engine, store), Caller(shop.merchant_id, Role.MERCHANT, None)
    sending = [as_file(photograph(seed)) for seed in (1, 2, 3)]
    kept = await keeping.keep(caller, sending[0])
    store.is_down = True
    with pytest.raises(StoreDown):
        await keeping.keep(caller, sending[1])
    store.is_down, store.is_down_afterwards = False, True
    with pytest.raises(StoreDown):
        await keeping.keep(caller, sending[2])  # as if the process had died between the file and the row
    theirs = select(rows).where(rows.c.merchant_id == shop.merchant_id)
    async with shop.engine.connect() as connection:
        made = (await connection.execute(theirs)).all()
        seen = [await pictures.find(connection, caller, each.evidence_id) for each in made]
    files = [file_of(stack, each.name) for each in made]
    assert sorted(name is None for name in seen) == [False, True, True]
    assert sorted(file.exists() for file in files) == [False, True, True]

    await age(shop, *[{"evidence_id": each.evidence_id} for each in made], hours=2)
    old = OldPictures(shop.engine, store)
    for down in (True, False):
        store.is_down = down
        with of_everyone(Everyones.KEEPERS):
            await old.remove()

    async with shop.engine.connect() as connection:
        left = (await connection.execute(theirs)).all()
    assert [each.evidence_id for each in left] == [kept.evidence_id]
    assert [file.stem for file in files if file.exists()] == [left[0].name]
