"""Keys from ids of users: nobody can choose an id that makes two keys one."""

from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.payout.keys import POCKETS, joined, payout_key

AWKWARD = st.text(alphabet="a:\\/", max_size=4)
PARTS = st.lists(AWKWARD, min_size=1, max_size=4)


def test_ordinary_ids_are_joined_as_they_are() -> None:
    assert joined("order", "o1", 7) == "order:o1:7"
    assert joined("o1", "p1", by=POCKETS) == "o1/p1"


def test_a_payment_called_reversed_is_not_the_reversal_of_another() -> None:
    assert joined("rf", "p1:reversed") != joined("rf", "p1", "reversed")
    assert joined("INV/1", "p1", by=POCKETS) != joined("INV", "1/p1", by=POCKETS)


@given(PARTS, PARTS, st.sampled_from([":", "/"]))
def test_different_parts_never_make_the_same_key(some: list[str], others: list[str], by: str) -> None:
    assert (joined(*some, by=by) == joined(*others, by=by)) is (some == others)


@given(st.from_regex(r"rf_[0-9a-f]{20}", fullmatch=True), st.integers(0, 50), st.integers(0, 10**6))
def test_a_payouts_key_names_its_refund_its_payment_and_the_noes_before_as_providers_take_it(
    refund_id: str, place: int, noes: int
) -> None:
    key = payout_key(refund_id, place, noes)

    assert len(key) <= 64 and set(key) <= set(ascii_letters + digits + "_-")
    assert key.rsplit("-", 2) == [refund_id, str(place), str(noes)]


@pytest.mark.parametrize("refund_id", ["rf:1", "支付", "x" * 61])
def test_a_key_that_no_provider_takes_is_never_made(refund_id: str) -> None:
    with pytest.raises(ValueError, match="no key for a provider"):
        payout_key(refund_id, 0, 0)
