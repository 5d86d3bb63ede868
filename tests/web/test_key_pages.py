"""An owner makes, replaces and ends keys and sessions on a page; a key is shown once."""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from db.api_keys import Role
from domain import clock
from tests.shop import Shop
from tests.web.staff import signed_in

KEYS = "/pages/operations/keys"


async def test_a_key_is_made_replaced_and_revoked_and_shown_once(shop: Shop) -> None:
    browser, _ = await signed_in(shop, Role.OWNER)
    day = clock.of_this_machine().date() + timedelta(days=30)

    page = await browser.open(KEYS)
    made = await browser.send(page, KEYS, role="warehouse", person="jim", last_day=day.isoformat())
    again = await browser.send(page, KEYS, role="warehouse", person="jim", last_day=day.isoformat())
    first = next(each for each in (await shop.owner.get("/v1/api-keys"))["items"] if each["person"] == "jim")
    replaced = await browser.send(made, f"{KEYS}/{first['key_id']}/rotation", overlap="PT0S")
    second = next(each for each in (await shop.owner.get("/v1/api-keys"))["items"] if each["person"] == "jim")
    done = await browser.send(replaced, f"{KEYS}/{second['key_id']}/revocation")

    zone = ZoneInfo((await shop.owner.get("/v1/caller"))["time_zone"])
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    assert first["role"] == "warehouse" and datetime.fromisoformat(first["expires_at"]) == ends
    shown = [set(re.findall(r'class="secret">(mk_[^<]+)<', page.html)) for page in (made, replaced)]
    assert [len(each) for each in shown] == [1, 1] and shown[0] != shown[1]
    assert "is shown once" in again.text and "The key is revoked" in done.text
    for key in shown[0] | shown[1]:
        assert key not in again.html and key not in done.html
        assert (await shop.http.get("/v1/caller", headers={"Authorization": f"Bearer {key}"})).status_code == 401


async def test_what_is_wrong_with_a_key_is_said_at_its_field_and_the_last_owner_stays(shop: Shop) -> None:
    browser, _ = await signed_in(shop, Role.OWNER)
    page = await browser.open(KEYS)
    own = next(each for each in (await shop.owner.get("/v1/api-keys"))["items"] if each["role"] == "owner")

    no_day = await browser.send(page, KEYS, role="ops", last_day="never")
    past = await browser.send(page, KEYS, role="ops", last_day="2020-01-01")
    a_role = await browser.send(page, KEYS, role="ops", person="owner")
    last = await browser.send(page, f"{KEYS}/{own['key_id']}/revocation")

    assert [each.status for each in (no_day, past, a_role)] == [422, 422, 422] and last.status == 409
    assert 'id="last_day-fault"' in no_day.html and 'id="last_day-fault"' in past.html
    assert 'id="person-fault"' in a_role.html and a_role.form(KEYS).fields["person"] == "owner"
