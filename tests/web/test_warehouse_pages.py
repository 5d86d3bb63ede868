"""The warehouse on pages: a number is scanned, the parcel received and inspected, and the money goes back."""

import pytest

from db.api_keys import Role
from tests.photographs import as_file, photograph
from tests.shop import Shop, a_line
from tests.web.browser import Browser, Seen
from tests.web.staff import signed_in
from tools.client import Json

LINES = [{**a_line("l1", quantity=2, unit_price=600_00), "name": "Kettle"}]


async def awaited(shop: Shop) -> Json:
    await shop.order(lines=LINES)
    return await shop.until(await shop.refund(kind="return"), "awaiting_return")


async def scanned(shop: Shop, refund: Json, language: str = "en") -> tuple[Browser, Seen, str]:
    browser, scan = await signed_in(shop, Role.WAREHOUSE, language)
    path = f"/pages/warehouse/refunds/{refund['refund_id']}"
    parcel = await browser.send(scan, "/pages/warehouse", rma=refund["return"]["rma"].lower())
    assert parcel.address.endswith(path), parcel.text
    return browser, parcel, path


def form(seen: Seen, action: str, how: str) -> dict[str, str]:
    """Of several forms that go to one place the one that says it this way."""
    return next(each.fields for each in seen.forms if each.action.endswith(action) and each.fields.get("how") == how)


async def sent(browser: Browser, seen: Seen, path: str, how: str, **typed: str) -> Seen:
    return await browser.post(path, {**form(seen, path, how), **typed})


@pytest.mark.parametrize(("language", "word"), [("en", "All as new"), ("zh-CN", "全部完好")])
async def test_a_parcel_is_received_and_inspected_by_its_number_until_it_is_paid(
    shop: Shop, language: str, word: str
) -> None:
    refund = await awaited(shop)
    browser, parcel, path = await scanned(shop, refund, language)

    here = await sent(browser, parcel, f"{path}/receipt", "all")
    done = await sent(browser, here, f"{path}/inspection", "all")

    assert "Kettle" in parcel.text and word in here.text
    assert done.address.endswith("/pages/warehouse?done=inspected")
    assert (await shop.until(refund, "completed"))["total"] == 1_200_00


async def test_units_are_judged_one_by_one(shop: Shop) -> None:
    refund = await awaited(shop)
    browser, parcel, path = await scanned(shop, refund)
    here = await sent(browser, parcel, f"{path}/receipt", "all")

    lacking = await sent(browser, here, f"{path}/inspection", "units", **{"unit:0:1": "as_new"})
    units = {"unit:0:1": "as_new", "unit:0:2": "refused"}
    await sent(browser, lacking, f"{path}/inspection", "units", **units, note="no lid")

    assert lacking.status == 422 and "Say of each unit what it is" in lacking.text
    paid = await shop.until(refund, "completed")
    goods = (await shop.warehouse.get(f"/v1/refunds/{refund['refund_id']}/goods"))["lines"][0]
    assert (paid["total"], goods["accepted"], goods["rejected"]) == (600_00, 1, 1)


async def test_pictures_of_an_inspection_are_evidence_and_what_is_none_is_said_at_the_field(shop: Shop) -> None:
    refund = await awaited(shop)
    browser, parcel, path = await scanned(shop, refund)
    here = await sent(browser, parcel, f"{path}/receipt", "all")
    units = {"unit:0:1": "as_new", "unit:0:2": "refused"}

    faulty = await showing(browser, here, path, [("a.txt", b"no"), ("1.jpg", as_file(photograph(1)))], **units)
    done = await showing(browser, faulty, path, [("2.jpg", as_file(photograph(2)))], **units)

    assert faulty.status == 422 and "a.txt" in faulty.text and "1 kept already" in faulty.text
    assert done.address.endswith("?done=inspected")
    shown = await shop.ops.get(f"/v1/refunds/{refund['refund_id']}")
    assert len(shown["evidence"]) == 2
    assert "noted at the inspection, with 2 pictures" in [each["message"] for each in shown["timeline"]]


async def showing(browser: Browser, seen: Seen, path: str, files: list[tuple[str, bytes]], **typed: str) -> Seen:
    """Inspect unit by unit, with pictures."""
    seen.forms = [each for each in seen.forms if each.fields.get("how") == "units"]
    return await browser.send_files(seen, f"{path}/inspection", files, **typed)


async def test_a_part_that_came_is_received_and_no_more_than_is_announced(shop: Shop) -> None:
    refund = await awaited(shop)
    browser, parcel, path = await scanned(shop, refund)

    too_many = await sent(browser, parcel, f"{path}/receipt", "part", **{"came:0": "3"})
    none = await sent(browser, parcel, f"{path}/receipt", "part", **{"came:0": "0"})
    part = await sent(browser, parcel, f"{path}/receipt", "part", **{"came:0": "1"})

    assert too_many.status == 422 and "The numbers do not fit" in too_many.text
    assert none.status == 422 and "Say how much came" in none.text
    assert part.status == 200 and "1 here, 1 to come" in part.text


async def test_a_parcel_with_something_else_in_it_has_a_button_of_its_own(shop: Shop) -> None:
    refund = await awaited(shop)
    browser, parcel, path = await scanned(shop, refund)

    here = await sent(browser, parcel, f"{path}/receipt", "all", besides="something_else")
    silent = await sent(browser, here, f"{path}/inspection", "unexpected", **{"right:0": "1"})
    await sent(browser, silent, f"{path}/inspection", "unexpected", **{"right:0": "1"}, note="a brick, and two cups")

    assert silent.status == 422 and "Write down what else is in it" in silent.text
    assert (await shop.until(refund, "completed"))["total"] == 600_00
    goods = (await shop.warehouse.get(f"/v1/refunds/{refund['refund_id']}/goods"))["lines"][0]
    assert (goods["rejected"], goods["disposition"]) == (1, "wrong_item")
    timeline = (await shop.ops.get(f"/v1/refunds/{refund['refund_id']}"))["timeline"]
    told = [each["message"] for each in timeline if each["event"] == "parcel_noted"]
    assert told == ["something else was in the parcel: a brick, and two cups"]


async def test_more_than_announced_is_written_down_and_what_was_announced_is_paid(shop: Shop) -> None:
    refund = await awaited(shop)
    browser, parcel, path = await scanned(shop, refund, "zh-CN")

    here = await sent(browser, parcel, f"{path}/receipt", "all", besides="more_than_announced")
    done = await sent(browser, here, f"{path}/inspection", "unexpected", note="多一只杯子")

    assert "比申报的多" in here.text and done.address.endswith("?done=inspected")
    assert (await shop.until(refund, "completed"))["total"] == 1_200_00
    timeline = (await shop.ops.get(f"/v1/refunds/{refund['refund_id']}"))["timeline"]
    assert "more was in the parcel than announced: 多一只杯子" in [each["message"] for each in timeline]


async def test_of_a_parcel_of_two_returns_each_is_received_and_the_second_is_asked_for(shop: Shop) -> None:
    first = await awaited(shop)
    browser, parcel, path = await scanned(shop, first)

    scan = await sent(browser, parcel, f"{path}/receipt", "all", besides="shared_parcel")

    assert "scan the number of the other return" in scan.text and "o1" in scan.text
    shown = await shop.ops.get(f"/v1/refunds/{first['refund_id']}")
    assert shown["status"] == "inspecting"
    assert shown["timeline"][-1]["message"] == "it came in one parcel with another return"


async def test_a_number_that_is_none_or_nobodys_is_said_at_the_field(shop: Shop) -> None:
    browser, scan = await signed_in(shop, Role.WAREHOUSE)

    none = await browser.send(scan, "/pages/warehouse", rma="SF 1234 5678 9012")
    nobodys = await browser.send(scan, "/pages/warehouse", rma="RMA-000000000000")

    assert (none.status, nobodys.status) == (422, 404)
    assert "This is no RMA" in none.text and "Nobody knows this number" in nobodys.text
    assert ("input", "true") in {(tag, said.get("aria-invalid", "")) for tag, said in none.tags}
