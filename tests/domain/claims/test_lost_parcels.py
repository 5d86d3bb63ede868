"""Of several return parcels some may be lost: what is still to come, what is paid all the same (rules 12 and 31)."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from domain.claims.lost_parcels import (
    LostParcel,
    decided,
    is_asked_about,
    paid_though_lost,
    with_the_lost,
    without_the_lost,
)

LINES = st.dictionaries(st.sampled_from(["l1", "l2", "l3"]), st.integers(1, 4), min_size=1)
PARCELS = st.lists(
    st.builds(LostParcel, LINES.map(lambda lines: tuple(lines.items())), st.sampled_from([True, False])), max_size=4
)


def lost(units: int, *, is_paid: bool | None = None) -> LostParcel:
    return LostParcel((("l1", units),), is_paid)


def test_a_reviewer_is_asked_about_a_parcel_until_it_is_decided_and_about_the_next_one_anew() -> None:
    first = decided([lost(1)], is_paid=True)
    second = decided((*first, lost(1)), is_paid=False)

    assert not is_asked_about([]) and is_asked_about([lost(1)]) and not is_asked_about(first)
    assert is_asked_about((*first, lost(1)))
    assert [each.is_paid for each in second] == [True, False]


def test_what_is_lost_is_not_awaited_any_more() -> None:
    assert without_the_lost({"l1": 3, "l2": 1}, [lost(2)]) == {"l1": 1, "l2": 1}
    assert without_the_lost({"l1": 2}, [lost(1), lost(1, is_paid=True)]) == {}


def test_of_what_is_lost_only_what_a_reviewer_lets_be_paid_is_added_to_what_was_accepted() -> None:
    parcels = [lost(1, is_paid=True), lost(1, is_paid=False)]

    assert with_the_lost([("l1", 2)], parcels, {"l1": 2}) == (("l1", 3),)
    assert with_the_lost([("l2", 1)], parcels, {"l1": 2}) == (("l2", 1), ("l1", 1))


def test_a_lost_unit_that_came_after_all_is_worth_what_the_inspection_says() -> None:
    assert with_the_lost([("l1", 1)], [lost(1, is_paid=True)], {"l1": 0}) == (("l1", 1),)


@given(PARCELS, st.fixed_dictionaries({name: st.integers(0, 9) for name in ("l1", "l2", "l3")}))
def test_nothing_is_paid_twice_and_nothing_that_has_come_is_paid_as_lost(
    parcels: list[LostParcel], missing: dict[str, int]
) -> None:
    paid = paid_though_lost(parcels, missing)
    said: Counter[str] = Counter()
    for each in parcels:
        said.update(dict(each.lines) if each.is_paid else {})

    for line_id, count in missing.items():
        assert paid.get(line_id, 0) == min(said[line_id], count)


@given(LINES, st.data())
def test_what_was_asked_for_has_come_is_lost_or_is_still_awaited(asked: dict[str, int], data: st.DataObject) -> None:
    arrived = {line_id: data.draw(st.integers(0, count)) for line_id, count in asked.items()}
    missing = {line_id: count - arrived[line_id] for line_id, count in asked.items()}
    gone = {line_id: data.draw(st.integers(0, count)) for line_id, count in missing.items()}

    awaited = without_the_lost(missing, [LostParcel(tuple(gone.items()))])

    for line_id, count in asked.items():
        assert arrived[line_id] + gone[line_id] + awaited.get(line_id, 0) == count


def test_what_is_not_missing_any_more_is_not_paid_as_lost() -> None:
    assert paid_though_lost([LostParcel((("l1", 1),), is_paid=True)], {}) == {}
