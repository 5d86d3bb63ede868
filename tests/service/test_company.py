"""Who is about: everybody else who has come within the last second, whatever the merchant did in question."""

from hypothesis import given
from hypothesis import strategies as st

from service.company import Company

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
