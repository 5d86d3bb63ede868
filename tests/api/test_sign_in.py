"""Staff sign in at their merchant's identity provider: who is let in, as whom, and what two people are."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from api.cookies import SESSION
from db.api_keys import Role
from tests.api.provider import CURRENT, HAN, Browser, Provider, came_back, configured, providing, sent, signed_in
from tests.shop import Shop
from tools.client import Json


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with providing() as running:
        yield running


async def test_who_signs_in_works_as_a_person_by_a_cookie_and_the_trail_says_who(
    shop: Shop, provider: Provider
) -> None:
    await shop.order()
    refund = await shop.until_judged(await shop.refund(reason="changed_mind"))
    at = f"/v1/refunds/{refund['refund_id']}"
    known = await configured(shop, provider)

    browser, back = await sent(shop, provider, known, return_to=f"{at}?a=b")
    answer = await browser.get(back)

    assert (answer.status_code, answer.headers["location"]) == (303, f"{at}?a=b")
    (cookie,) = [each for each in browser.set if each.startswith(SESSION)]
    assert cookie.partition(";")[2] == " Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Lax"
    assert not browser.sign_in and answer.headers["cache-control"] == "no-store"
    own = (await browser.get(CURRENT)).json()
    assert (own["person"], own["role"], own["provider_id"]) == ("han@shop.example", "reviewer", "okta")
    approved = await browser.write("POST", f"{at}/review", {"decision": "approve"})
    assert approved.json()["review"]["by"] == "reviewer:han@shop.example"
    assert (await browser.get("/v1/policy")).status_code == 403
    trail = (await shop.ops.get("/v1/audit"))["items"]
    (entry,) = [each for each in trail if each["action"] == "signed_in"]
    assert entry["actor"] == "reviewer:han@shop.example" and entry["detail"]["session_id"] == own["session_id"]


async def test_with_the_cookie_alone_nothing_is_changed(shop: Shop, provider: Provider) -> None:
    known = await configured(shop, provider)
    han, other = await signed_in(shop, provider, known), await signed_in(shop, provider, known)
    token, others = [(await each.get(CURRENT)).json()["csrf_token"] for each in (han, other)]

    refused = [
        await han.ask("DELETE", CURRENT, headers)
        for headers in (
            {},
            {"X-CSRF-Token": others},
            {"X-CSRF-Token": han.session},
            {"X-CSRF-Token": token, "Sec-Fetch-Site": "cross-site"},
            {"X-CSRF-Token": token, "Sec-Fetch-Site": "same-site"},
        )
    ]

    assert {(each.status_code, each.json()["code"]) for each in refused} == {(401, "unauthenticated")}
    assert "X-CSRF-Token" in refused[0].json()["detail"]
    assert (await han.get(CURRENT)).status_code == 200
    done = await han.ask("DELETE", CURRENT, {"X-CSRF-Token": token, "Sec-Fetch-Site": "same-origin"})
    assert done.status_code == 200 and not han.session


async def test_who_signs_in_again_has_another_session_and_no_longer_the_one_before(
    shop: Shop, provider: Provider
) -> None:
    known = await configured(shop, provider)
    browser = await signed_in(shop, provider, known)
    before = {"Authorization": f"Bearer {browser.session}"}

    begun = await browser.get(known["sign_in_path"])
    await browser.get(provider.authorize(begun.headers["location"]))

    assert (await browser.get(CURRENT)).status_code == 200
    assert (await shop.http.get(CURRENT, headers=before)).status_code == 401


async def test_a_cookie_is_no_way_around_a_key_nor_a_key_in_a_cookie_a_way_in(shop: Shop, provider: Provider) -> None:
    han = await signed_in(shop, provider, await configured(shop, provider))
    as_ops = await han.ask("GET", "/v1/policy", {"Authorization": f"Bearer {shop.keys[Role.OPS]}"})
    as_nobody = await han.ask("GET", "/v1/refunds", {"Authorization": "Bearer wrong"})
    thief = Browser(shop.http)
    thief.cookies[SESSION] = shop.keys[Role.OWNER]

    assert (as_ops.status_code, as_nobody.status_code) == (200, 401)
    assert (await thief.get("/v1/refunds")).status_code == 401


# Who is let in, and as whom

NOT_LET_IN: list[tuple[Json, str]] = [
    ({"email_verified": False}, "is verified"),
    ({"email_verified": None}, "is verified"),
    ({"email": "han@evil.example"}, "the domain"),
    ({"groups": ["others"]}, "gives you a role"),
]


async def test_who_is_not_meant_is_told_why(shop: Shop, provider: Provider) -> None:
    known = await configured(shop, provider)
    for claims, why in NOT_LET_IN:
        provider.says = HAN | claims

        answer = await came_back(shop, provider, known)

        assert (answer.status_code, answer.json()["code"]) == (403, "not_let_in"), claims
        assert why in answer.json()["detail"] and "set-cookie" not in answer.headers


async def test_one_signs_in_with_a_role_that_one_has(shop: Shop, provider: Provider) -> None:
    roles = [{"claim": "groups", "value": each, "role": each} for each in ("ops", "reviewer", "owner")]
    provider.says = HAN | {"groups": ["reviewer", "ops"]}
    known = await configured(shop, provider, roles=roles)

    first, wanted = await signed_in(shop, provider, known), await signed_in(shop, provider, known, role="reviewer")
    refused = await came_back(shop, provider, known, role="owner")

    assert [(await each.get(CURRENT)).json()["role"] for each in (first, wanted)] == ["ops", "reviewer"]
    assert (refused.status_code, refused.json()["code"]) == (403, "not_let_in")


async def test_another_account_does_not_become_somebody_by_their_address(shop: Shop, provider: Provider) -> None:
    """Han has left, and somebody else was given the address: they are named by their subject, or they are nobody."""
    known = await configured(shop, provider)
    await signed_in(shop, provider, known)
    provider.says = HAN | {"sub": "00u2"}

    answer = await came_back(shop, provider, known)
    named = await configured(shop, provider, people=[{"subject": "00u2", "person": "lin.tao"}])

    assert (answer.status_code, answer.json()["code"]) == (403, "not_let_in")
    async with providing() as other:
        assert (await came_back(shop, other, await configured(shop, other, "theirs"))).status_code == 403
    lin = await signed_in(shop, provider, named)
    assert (await lin.get(CURRENT)).json()["person"] == "lin.tao"


# Four eyes


async def reviewers_key(shop: Shop, person: str) -> Json:
    made: Json = await shop.owner.post("/v1/api-keys", {"role": "reviewer", "person": person})
    return {"Authorization": f"Bearer {made['key']}"}


async def large_refund(shop: Shop) -> str:
    await shop.policy(second_review_above=50_000)
    await shop.order()
    refund = await shop.until_judged(await shop.refund(reason="changed_mind"))
    return f"/v1/refunds/{refund['refund_id']}/review"


async def test_a_key_and_a_sign_in_of_one_human_are_one_person(shop: Shop, provider: Provider) -> None:
    review, approve = await large_refund(shop), {"decision": "approve"}
    people = [{"email": "Han@shop.example", "person": "han.meimei"}]
    han = await signed_in(shop, provider, await configured(shop, provider, people=people))

    once = await shop.http.post(review, json=approve, headers=await reviewers_key(shop, "han.meimei"))
    twice = await han.write("POST", review, approve)

    assert once.json()["status"] == "in_review"
    assert (twice.status_code, twice.json()["code"]) == (409, "other_approver_needed")
    assert "you have approved it already" in twice.json()["detail"]


async def test_who_may_be_one_does_not_approve_twice_at_once_either(shop: Shop, provider: Provider) -> None:
    review, approve = await large_refund(shop), {"decision": "approve"}
    han = await signed_in(shop, provider, await configured(shop, provider))
    headers = await reviewers_key(shop, "han.meimei")

    both = await asyncio.gather(
        han.write("POST", review, approve), shop.http.post(review, json=approve, headers=headers)
    )

    assert sorted(each.status_code for each in both) == [200, 409]


async def test_who_signs_in_and_a_key_of_nobody_knows_whom_are_not_two(shop: Shop, provider: Provider) -> None:
    review, approve = await large_refund(shop), {"decision": "approve"}
    known = await configured(shop, provider)
    han = await signed_in(shop, provider, known)
    provider.says = HAN | {"sub": "00u2", "email": "lilei@shop.example"}
    lilei = await signed_in(shop, provider, known)

    once = await han.write("POST", review, approve)
    keys = [await reviewers_key(shop, "han.meimei"), {"Authorization": f"Bearer {shop.keys[Role.REVIEWER]}"}]
    by_key = [await shop.http.post(review, json=approve, headers=each) for each in keys]
    twice = await lilei.write("POST", review, approve)

    assert once.json()["status"] == "in_review"
    assert [(each.status_code, each.json()["code"]) for each in by_key] == [(409, "other_approver_needed")] * 2
    assert "nobody can know that you and han@shop.example are two" in by_key[0].json()["detail"]
    assert [each["key_id"] for each in twice.json()["review"]["approvals"]] == [
        "person:han@shop.example",
        "person:lilei@shop.example",
    ]
