"""Who of the staff somebody is by what an identity provider says."""

from datetime import UTC, datetime

import pytest

from domain.durations import IsoDuration
from domain.rights.staff import (
    EntryRules,
    KnownPerson,
    NamedBy,
    NamedPerson,
    NotLetIn,
    ProviderAccount,
    RequiredClaim,
    RoleRule,
    ToldOfStaff,
    may_be_one,
    named,
    refuse_weak,
    role_of,
)

REVIEWERS = RoleRule("groups", "refund-reviewers", "reviewer")
OPERATIONS = RoleRule("groups", "operations", "ops")
OF_THE_SHOP = EntryRules((REVIEWERS, OPERATIONS), email_domains=("shop.example",))


def told(**claims: object) -> ToldOfStaff:
    return ToldOfStaff.of({"sub": "00u1", **claims})


HAN = told(email="Han@Shop.example", email_verified=True, groups=["staff", "refund-reviewers"])


def test_who_has_a_verified_address_of_the_shop_is_let_in_under_it() -> None:
    assert named(OF_THE_SHOP, HAN, None) == NamedPerson("han@shop.example", NamedBy.DOMAIN)


def test_who_is_named_by_subject_or_address_is_who_the_owner_says() -> None:
    people = (KnownPerson("lilei", email="han@shop.example"), KnownPerson("han.meimei", subject="00u1"))

    assert named(EntryRules((), people), HAN, "before") == NamedPerson("han.meimei", NamedBy.SUBJECT)
    for before in (None, "lilei", "han@shop.example"):
        assert named(EntryRules((), people[:1]), HAN, before) == NamedPerson("lilei", NamedBy.EMAIL)


def test_who_is_not_among_those_who_are_named_goes_by_their_address() -> None:
    others = (KnownPerson("lilei", email="lilei@shop.example"), KnownPerson("lin.tao", subject="00u2"))

    assert named(EntryRules((), others, ("shop.example",)), HAN, None).person == "han@shop.example"


def test_nobody_becomes_another_by_having_their_address() -> None:
    of_lilei = EntryRules((), (KnownPerson("lilei", email="lilei@shop.example"),))

    with pytest.raises(NotLetIn, match=r"was han.meimei before"):
        named(of_lilei, told(email="lilei@shop.example", email_verified=True), "han.meimei")


def test_whose_address_changes_stays_who_they_were() -> None:
    assert named(
        OF_THE_SHOP, told(email="han.m@shop.example", email_verified="true"), "han@shop.example"
    ) == NamedPerson("han@shop.example", NamedBy.DOMAIN)


@pytest.mark.parametrize(
    ("by", "theirs", "is_taken"),
    [
        (NamedBy.DOMAIN, [], False),
        (NamedBy.DOMAIN, [("here", "00u1")], False),
        (NamedBy.DOMAIN, [("here", "00u2")], True),
        (NamedBy.DOMAIN, [("there", "00u1")], True),
        (NamedBy.EMAIL, [("there", "00u1"), ("here", "00u1")], False),
        (NamedBy.EMAIL, [("here", "00u2")], True),
        (NamedBy.SUBJECT, [("here", "00u2"), ("there", "00u1")], False),
    ],
)
def test_another_account_is_nobodys_by_its_address_alone(
    by: NamedBy, theirs: list[tuple[str, str]], is_taken: bool
) -> None:
    accounts = [ProviderAccount(*each) for each in theirs]

    assert NamedPerson("han.meimei", by).is_taken(ProviderAccount("here", "00u1"), accounts) is is_taken


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "han@shop.example"},
        {"email": "han@shop.example", "email_verified": False},
        {"email": "han@shop.example", "email_verified": 1},
        {"email": "no address", "email_verified": True},
        {"email": ["han@shop.example"], "email_verified": True},
        {"email_verified": True},
    ],
)
def test_an_address_that_nobody_has_verified_names_nobody_and_gives_no_role(claims: dict[str, object]) -> None:
    by_address = EntryRules((RoleRule("email", "han@shop.example", "owner"),), email_domains=("shop.example",))

    with pytest.raises(NotLetIn, match="is verified"):
        named(by_address, told(**claims), None)
    with pytest.raises(NotLetIn, match="gives you a role"):
        role_of(by_address, told(**claims), None)


@pytest.mark.parametrize("email", ["han@evil.example", "han@shop.example.evil.example", "han@xshop.example"])
def test_who_is_of_another_domain_is_not_let_in(email: str) -> None:
    with pytest.raises(NotLetIn, match="the domain of your e-mail address"):
        named(OF_THE_SHOP, told(email=email, email_verified=True), None)


def test_the_first_rule_that_fits_gives_the_role_unless_another_is_wanted() -> None:
    both = told(groups=["operations", "refund-reviewers"])

    assert role_of(OF_THE_SHOP, both, None) == "reviewer"
    assert role_of(OF_THE_SHOP, both, "ops") == "ops"
    assert role_of(OF_THE_SHOP, told(groups="operations"), None) == "ops"
    with pytest.raises(NotLetIn, match=r"may not sign in as ops: you may as reviewer$"):
        role_of(OF_THE_SHOP, HAN, "ops")


@pytest.mark.parametrize("groups", [None, [], "refund", ["refund"], {"refund-reviewers": True}, "refund-reviewers,x"])
def test_part_of_a_group_is_not_the_group(groups: object) -> None:
    with pytest.raises(NotLetIn, match="gives you a role"):
        role_of(OF_THE_SHOP, told(groups=groups), None)


def test_a_role_may_go_by_a_verified_address() -> None:
    assert role_of(EntryRules((RoleRule("email", "han@shop.example", "owner"),)), HAN, None) == "owner"


NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
STRONGLY = EntryRules(
    (),
    required_claims=(RequiredClaim("amr", "mfa"), RequiredClaim("acr", "urn:strong")),
    signed_in_within=IsoDuration("PT5M"),
)


def signed_in(seconds_ago: object, **claims: object) -> ToldOfStaff:
    at = int(NOW.timestamp()) - seconds_ago if isinstance(seconds_ago, int) else seconds_ago
    return told(**{"amr": ["pwd", "mfa"], "acr": "urn:strong", "auth_time": at, **claims})


def test_who_has_signed_in_strongly_and_just_now_is_let_in() -> None:
    for seconds_ago in (0, 300, 360, -30):
        refuse_weak(STRONGLY, signed_in(seconds_ago), NOW)
    refuse_weak(OF_THE_SHOP, told(), NOW)


@pytest.mark.parametrize(
    ("who", "why"),
    [
        (signed_in(0, amr=["pwd"]), "amr mfa"),
        (signed_in(0, amr="mfa-or-not"), "amr mfa"),
        (signed_in(0, amr=None, acr="urn:weak"), "amr mfa, acr urn:strong"),
        (signed_in(361), "within 300 seconds"),
        (signed_in(None), "within 300 seconds"),
        (signed_in("now"), "within 300 seconds"),
        (signed_in(0, auth_time=True), "within 300 seconds"),
    ],
)
def test_who_has_signed_in_less_strongly_or_long_ago_is_told_what_the_owner_wants(who: ToldOfStaff, why: str) -> None:
    with pytest.raises(NotLetIn, match=why):
        refuse_weak(STRONGLY, who, NOW)


def test_a_provider_is_asked_for_what_it_has_to_say() -> None:
    assert STRONGLY.asked_of_the_provider == {"acr_values": "urn:strong", "max_age": "300"}
    assert OF_THE_SHOP.asked_of_the_provider == {}


def test_who_signs_in_and_who_only_has_a_key_may_be_one_human() -> None:
    sign_in = frozenset({"person:han@shop.example", "person:lilei@shop.example"})

    assert may_be_one("person:han@shop.example", ["person:lilei@shop.example"], sign_in) is None
    assert may_be_one("person:han@shop.example", ["person:han@shop.example"], sign_in) is None
    assert may_be_one("person:han.meimei", ["person:lilei", "key_1"], sign_in) is None
    assert may_be_one("person:han@shop.example", ["person:lilei@shop.example", "key_1"], sign_in) == "key_1"
    assert may_be_one("person:han.meimei", ["person:han@shop.example"], sign_in) == "person:han@shop.example"
