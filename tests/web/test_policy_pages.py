"""The policy as a form: every field is in it, a draft is tried before it is saved, and nobody's change is lost."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.schemas.policy import PolicyAnswer
from db.api_keys import Role
from domain.policy import Policy
from domain.rights.review_table import Fact
from tests.shop import Shop, a_line
from tests.web.browser import Browser, Seen
from tests.web.staff import signed_in
from tools.client import Json
from web.staff.policy_draft import changes, draft_of, typed_of
from web.staff.policy_fields import FIELDS
from web.staff.policy_kinds import AnAmount, APercentage, APointsValue, ASpan, NotReadable, OneOf, SomeOf
from web.texts import load_texts

PAGE, TRIAL = "/pages/operations/policy", "/pages/operations/policy/trial"
TEXTS = load_texts()["en"]


def usual_document(**fields: Any) -> Json:
    document: Json = PolicyAnswer.of(0, Policy()).model_dump(mode="json")
    return {**document, **fields}


def leaves(document: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The fields of the document: what has names of the merchant's is one."""
    if isinstance(document, dict) and path not in {("review_limits",), ("entitlements_elsewhere",)}:
        for name, value in document.items():
            yield from leaves(value, (*path, name))
    else:
        yield ".".join(path)


def test_every_field_of_the_document_is_in_the_form_with_its_name_in_words() -> None:
    missing = set(leaves(usual_document())) - {each.name for each in FIELDS}

    assert missing == {"version", "entitlements_elsewhere"}  # of these each kind has a field of its own
    assert [each.name for each in FIELDS if not TEXTS.has("policy.field", each.name)] == []
    words = {word for each in FIELDS if isinstance(each.kind, OneOf | SomeOf) for word in each.kind.words}
    unsaid = [word for word in words if not TEXTS.has("policy.word", word) and not TEXTS.has("staff.reason", word)]
    assert (unsaid, [each for each in Fact if not TEXTS.has("policy.fact", each)]) == ([], [])


def test_what_is_shown_and_sent_back_unchanged_changes_nothing() -> None:
    known = usual_document(
        tiers=[{"name": "gold: old", "minimum_spend": {"CNY": 5000_00, "JPY": 900}}],
        review_limits={"reviewer": 50_000, "han.meimei": {}},
        second_review_above={"KWD": 1_234},
        point_value={"CNY": 1, "JPY": "0.02"},
        restocking_fee_bp=1_250,
        entitlements_elsewhere={"points": "loyalty"},
        retention={
            "personal_data": "P1Y2M",
            "bulk_refunds": None,
            "webhook_events": "P4W",
            "pictures": "P2Y",
            "messages": "P1Y",
        },
        something_new={"of": "a later version"},
    )

    draft = draft_of(known, typed_of(known))

    assert (draft.wrong, changes(known, draft.document)) == ({}, [])
    assert draft.document == {name: value for name, value in known.items() if name != "version"}


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (AnAmount(), "20000", 20_000),
        (AnAmount(), "cny 200.5; JPY 30", {"CNY": 200_50, "JPY": 30}),
        (AnAmount(), "-", {}),
        (AnAmount(), "200.00", NotReadable),
        (AnAmount(), "JPY 1.5", NotReadable),
        (AnAmount(), "", NotReadable),
        (AnAmount("one_is_enough"), "", None),
        (APercentage(), "2,5", 250),
        (APercentage(), "100.01", NotReadable),
        (APointsValue(), "0.5", "0.5"),
        (APointsValue(), "CNY x", NotReadable),
    ],
)
def test_what_people_type_is_read_or_said_to_be_unreadable(kind: Any, typed: str, value: Any) -> None:
    if value is NotReadable:
        with pytest.raises(NotReadable):
            kind.read({"": typed})
    else:
        assert kind.read({"": typed}) == value


@pytest.mark.parametrize(
    ("number", "unit", "value"), [("72", "hours", "PT72H"), ("3", "days", "P3D"), ("P1DT2H", "", "P1DT2H")]
)
def test_seventy_two_hours_are_not_three_days(number: str, unit: str, value: str) -> None:
    assert ASpan().read({"": number, ".unit": unit}) == value


async def tried(browser: Browser, page: Seen, **typed: str) -> Seen:
    return await browser.send(page, TRIAL, **typed)


async def saved(browser: Browser, page: Seen) -> Seen:
    return await browser.post(PAGE, page.form(TRIAL).fields)


async def test_a_draft_is_tried_on_past_refunds_split_by_what_came_of_them_and_then_saved(shop: Shop) -> None:
    await shop.order(lines=[a_line("l1", unit_price=150_00)])
    asked = await shop.until_judged(await shop.refund(reason="changed_mind"))
    await shop.reviewer.post(f"/v1/refunds/{asked['refund_id']}/review", {"decision": "reject", "note": "worn"})
    await shop.until(asked, "rejected")
    browser, _ = await signed_in(shop, Role.OPS)
    page = await browser.open(PAGE)
    row = {"row.0.name": "regulars", "row.0.then": "approve", "row.0.0.fact": "reason", "row.0.0.value": "changed_mind"}

    trial = await tried(browser, page, **row, **{"review_sla": "48"})
    before = await shop.ops.get("/v1/policy")
    done = await saved(browser, trial)

    assert (
        "It would have approved 1 by rule that waited for a reviewer; of those, 0 turned out malicious." in trial.text
    )
    assert "72 hours → 48 hours" in trial.text and "regulars" in trial.text and before["version"] == 1
    assert done.address.endswith("?done=saved") and "Saved as version 2." in done.text
    after = await shop.ops.get("/v1/policy")
    assert (after["review_sla"], after["review_table"][0]["when"]["reason"]["one_of"]) == ("PT48H", ["changed_mind"])


async def test_what_was_not_tried_is_tried_first(shop: Shop) -> None:
    browser, _ = await signed_in(shop, Role.OPS)
    trial = await tried(browser, await browser.open(PAGE), review_sla="48")

    other = await browser.post(PAGE, {**trial.form(TRIAL).fields, "review_sla": "24"})

    assert "You have changed something since you tried it" in other.text
    assert (await shop.ops.get("/v1/policy"))["version"] == 1


async def test_what_cannot_be_is_said_at_its_field_and_nothing_typed_is_lost(shop: Shop) -> None:
    browser, _ = await signed_in(shop, Role.OPS)
    page = await browser.open(PAGE)

    unread = await tried(browser, page, restocking_fee_bp="lots", review_sla="48")
    refused = await tried(browser, page, time_zone="Mars/Base", review_sla="48")
    wrong_row = await tried(browser, page, **{"row.0.name": "r", "row.0.0.fact": "weather", "row.0.0.value": "1"})
    refused_row = await tried(browser, page, **{"row.0.name": "r", "row.0.0.fact": "risk", "row.0.0.value": "high"})

    for answer, at in (
        (unread, "restocking_fee_bp"),
        (refused, "time_zone"),
        (wrong_row, "row.0"),
        (refused_row, "row.0"),
    ):
        assert answer.status == 422 and f'id="{at}-fault"' in answer.html, at
    assert "is not a time zone" in refused.text and "risk is a number" in refused_row.text
    assert unread.form(TRIAL).fields["review_sla"] == refused.form(TRIAL).fields["review_sla"] == "48"


async def test_two_at_once_lose_nothing_and_what_both_changed_is_said_at_its_field(shop: Shop) -> None:
    browser, _ = await signed_in(shop, Role.OPS)
    mine = await tried(browser, await browser.open(PAGE), review_sla="48", return_window="14")
    await shop.policy(review_sla="PT24H", bulk_grace="PT1H")

    clash = await saved(browser, mine)
    then = await saved(browser, await tried(browser, clash))

    assert clash.status == 409 and "Somebody else saved version 2 meanwhile" in clash.text
    assert 'id="review_sla-fault"' in clash.html and 'id="bulk_grace-fault"' not in clash.html
    policy = await shop.ops.get("/v1/policy")
    assert "Saved as version 3." in then.text
    assert (policy["review_sla"], policy["return_window"], policy["bulk_grace"]) == ("PT48H", "P14D", "PT1H")


async def test_the_policy_is_for_operations_and_only_by_a_form_of_ours(shop: Shop) -> None:
    owner, _ = await signed_in(shop, Role.OWNER)
    ops, _ = await signed_in(shop, Role.OPS)

    assert (await owner.open(PAGE)).status == 403
    assert (await ops.post(PAGE, {"review_sla": "1"})).status == 403
    broken = {**(await ops.open(PAGE)).form(TRIAL).fields, "version": "9", "base": '{"tiers": 1}'}
    assert (await ops.post(TRIAL, broken)).status == 409
