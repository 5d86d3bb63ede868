"""Who is about: everybody else who has come within the last second; who rests: a crowd that has company."""

from hypothesis import given
from hypothesis import strategies as st

from service.company import RESTS, Company

STAYS_S = 1.0
COMINGS = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.0, 0.7)), max_size=30)


@given(COMINGS, st.floats(0.0, 2.0))
def test_a_merchant_has_company_exactly_while_somebody_else_has_come_of_late(
    comings: list[tuple[str, float]], later: float
) -> None:
    company, now_s, came = Company(STAYS_S), 0.0, dict[str, float]()
    for merchant_id, pause_s in comings:
        now_s += pause_s
        company.came(merchant_id, now_s)
        came[merchant_id] = now_s
    now_s += later

    for merchant_id in "abcd":
        is_about = any(now_s - at < STAYS_S for each, at in came.items() if each != merchant_id)
        assert company.has(merchant_id, now_s) == is_about


@given(st.floats(0.001, 0.25), st.floats(0.001, 0.25))
def test_exactly_a_crowd_with_company_rests_and_twice_as_long_as_it_took(mine_s: float, theirs_s: float) -> None:
    company = Company(STAYS_S)
    for merchant_id, lasted_s in (("mine", mine_s), ("theirs", theirs_s)):
        company.came(merchant_id, 0.0)
        company.took(merchant_id, lasted_s, 0.0)

    assert company.rests_s("mine", 0.0) == (RESTS * mine_s if mine_s >= 2 * theirs_s else 0.0)
    assert company.rests_s("mine", RESTS * mine_s) == 0.0
    assert company.rests_s("nobody", 0.0) == 0.0


def test_nobody_rests_once_the_others_are_gone_or_what_was_taken_is_long_ago() -> None:
    company = Company(STAYS_S, rests=100.0)
    company.came("crowd", 0.0)
    company.took("crowd", 0.2, 0.0)
    alone = company.rests_s("crowd", 0.0)
    company.came("other", 0.5)
    company.took("other", 0.05, 0.5)

    assert alone == 0.0
    assert company.rests_s("crowd", 0.5) == 19.5
    company.came("crowd", 1.6)
    assert company.rests_s("crowd", 1.6) == 0.0
