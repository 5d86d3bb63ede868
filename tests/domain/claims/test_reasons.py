"""Reasons of the merchant's own stand for one of the four, and a refund keeps what its reason meant (rule 55)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.claims.reasons import EVERY_LANGUAGE, GivenReason, GivenReasons, Reason
from domain.claims.taxonomy import NotAReason, OwnReason, Taxonomy
from tests.domain.strategies import reasons

TOO_SMALL = OwnReason("too_small", Reason.CHANGED_MIND, {"en": "Too small", "zh-CN": "尺码偏小"}, ("shoes", "clothes"))
TORN = OwnReason("torn", Reason.QUALITY_ISSUE, {EVERY_LANGUAGE: "Torn"})
LATE = OwnReason("late", Reason.DELIVERY_ERROR)
SHOP = Taxonomy((TOO_SMALL, TORN, LATE))

codes = st.sampled_from(["too_small", "torn", "late", "ugly", "lost"])
own_reasons = st.builds(
    OwnReason,
    codes,
    reasons,
    st.dictionaries(st.sampled_from([EVERY_LANGUAGE, "en", "zh-CN", "fr"]), st.sampled_from(["a", "b"])),
    st.lists(st.sampled_from(["shoes", "toys"]), unique=True).map(tuple),
    st.booleans(),
)
wishes = st.lists(own_reasons, unique_by=lambda each: each.code)


# What a merchant has


def test_a_reason_that_is_left_out_is_retired_and_stays_readable() -> None:
    later = SHOP.changed_to([TORN])

    assert [(each.code, each.is_retired) for each in later.reasons] == [
        ("torn", False),
        ("too_small", True),
        ("late", True),
    ]
    assert later.in_use == (TORN,)


@given(st.lists(wishes, max_size=5))
def test_no_reason_is_ever_forgotten_and_those_in_use_are_the_ones_last_asked_for(
    changes: list[list[OwnReason]],
) -> None:
    taxonomy = Taxonomy()
    for wanted in changes:
        before, taxonomy = taxonomy, taxonomy.changed_to(wanted)
        assert {each.code for each in before.reasons} <= {each.code for each in taxonomy.reasons}
        assert taxonomy.in_use == tuple(each for each in wanted if not each.is_retired)
        assert taxonomy.changed_to(taxonomy.reasons) == taxonomy


def test_a_retired_reason_can_be_taken_into_use_again_with_another_meaning() -> None:
    retired = SHOP.changed_to([])
    again = retired.changed_to([OwnReason("torn", Reason.DELIVERY_ERROR)])

    assert again.given("torn") == GivenReason("torn", Reason.DELIVERY_ERROR)


def test_reasons_are_suggested_for_the_categories_that_they_name_and_for_all_where_they_name_none() -> None:
    assert SHOP.suggested_for("shoes") == (TOO_SMALL,)
    assert SHOP.suggested_for("toys") == ()
    assert SHOP.suggested_for("") == (TORN, LATE)
    assert SHOP.changed_to([]).suggested_for("shoes") == ()


# What somebody gives


@pytest.mark.parametrize("reason", Reason)
def test_the_four_can_be_given_everywhere_and_stand_for_themselves(reason: Reason) -> None:
    given_one = Taxonomy().given(reason.value)

    assert (given_one.stands_for, given_one.is_own) == (reason, False)


def test_an_own_reason_is_given_with_what_it_stands_for_and_is_called_now() -> None:
    assert SHOP.given("too_small") == GivenReason("too_small", Reason.CHANGED_MIND, TOO_SMALL.names)
    assert SHOP.given("too_small").is_own


def test_what_is_no_reason_is_refused_with_all_that_can_be_given() -> None:
    with pytest.raises(NotAReason) as refused:
        SHOP.given("boredom")

    assert str(refused.value) == (
        "'boredom' is no reason here: say quality_issue, delivery_error, changed_mind, merchant_breach, too_small, "
        "torn or late"
    )


def test_a_retired_reason_is_refused_with_those_in_use() -> None:
    with pytest.raises(NotAReason) as refused:
        SHOP.changed_to([TORN]).given("late")

    assert str(refused.value) == (
        "'late' is retired: say quality_issue, delivery_error, changed_mind, merchant_breach or torn"
    )


def test_of_very_many_reasons_an_error_names_the_first() -> None:
    many = Taxonomy(tuple(OwnReason(f"r{number}", Reason.CHANGED_MIND) for number in range(30)))

    with pytest.raises(NotAReason, match="r15 or one of 14 more, which GET /v1/reasons lists"):
        many.given("boredom")


# What a refund keeps


def test_lines_without_a_reason_of_their_own_have_that_of_the_refund() -> None:
    said = GivenReasons.given(SHOP.given("too_small"), {"l1": None, "l2": SHOP.given("torn")})

    assert [each.code for each in said.in_effect] == ["too_small", "torn"]
    assert said.stands_for == (("l2", Reason.QUALITY_ISSUE),)
    assert not said.is_merchants_fault
    assert not said.is_one_of_the_four


def test_the_reason_of_the_refund_counts_for_nothing_where_every_line_has_its_own() -> None:
    said = GivenReasons.given(SHOP.given("too_small"), {"l1": SHOP.given("torn"), "l2": SHOP.given("late")})

    assert [each.code for each in said.in_effect] == ["torn", "late"]
    assert said.is_merchants_fault


@given(reasons)
def test_one_of_the_four_for_everything_is_what_it_was_before(reason: Reason) -> None:
    said = GivenReasons.one_of_the_four(reason)

    assert said.is_one_of_the_four
    assert said.is_merchants_fault == reason.is_merchants_fault
    assert said.in_effect == (GivenReason(reason.value, reason),)
    assert not GivenReasons.given(said.of_refund, {"l1": said.of_refund}).is_one_of_the_four


@given(own_reasons, st.dictionaries(st.sampled_from(["l1", "l2", "l3"]), st.none() | own_reasons, min_size=1))
def test_what_is_in_effect_is_what_the_lines_were_asked_for_with(
    of_refund: OwnReason, lines: dict[str, OwnReason | None]
) -> None:
    alike = {each.code: each for each in lines.values() if each} | {of_refund.code: of_refund}
    one_each = {line_id: alike[each.code].as_given if each else None for line_id, each in lines.items()}
    said = GivenReasons.given(of_refund.as_given, one_each)

    asked = [each or of_refund.as_given for each in one_each.values()]
    assert {each.code for each in said.in_effect} == {each.code for each in asked}
    assert said.by_line == {line_id: each for line_id, each in one_each.items() if each}
    assert said.is_merchants_fault == all(each.stands_for.is_merchants_fault for each in asked)


# What it is called


def test_a_reason_is_called_by_its_name_in_the_language_that_is_asked_for() -> None:
    small = TOO_SMALL.as_given

    assert (small.name_in("zh-CN"), small.name_in("zh-TW"), small.name_in("en-GB")) == (
        "尺码偏小",
        "尺码偏小",
        "Too small",
    )
    assert (small.name_in("fr"), small.name("fr")) == (None, "Too small")
    assert (TORN.as_given.name_in("zh-CN"), LATE.as_given.name("en")) == ("Torn", "late")


def test_a_text_names_the_own_reasons_that_stand_for_what_it_speaks_of() -> None:
    said = GivenReasons.given(SHOP.given("too_small"), {"l1": None, "l2": SHOP.given("torn"), "l3": SHOP.given("late")})

    assert said.names_of(Reason.CHANGED_MIND, "zh-CN") == ["尺码偏小"]
    assert said.names_of(Reason.QUALITY_ISSUE, "en") == ["Torn"]
    assert said.names_of(Reason.DELIVERY_ERROR, "en") == []
