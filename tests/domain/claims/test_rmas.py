"""The number on a parcel leads back to its refund."""

import pytest

from domain.claims.rmas import letters_of, rma_of

REFUND = "rf_0a1b2c3d4e5f60718293"


@pytest.mark.parametrize("number", [1, 2, 20])
def test_every_return_of_a_refund_leads_to_it(number: int) -> None:
    rma = rma_of(REFUND, number)

    assert REFUND.upper().endswith(letters_of(rma))
    assert letters_of(rma) == letters_of(f"  {rma.lower()} ")


def test_what_is_always_the_same_may_be_left_out() -> None:
    assert letters_of(rma_of(REFUND, 1).removeprefix("RMA-")) == letters_of(rma_of(REFUND, 1))


@pytest.mark.parametrize("said", ["", "RMA-", "SF1234567890123", "RMA-0123456789ABC", "RMA-12-123", "RMA-1%", "o1/2"])
def test_another_number_is_none(said: str) -> None:
    with pytest.raises(ValueError, match="is no RMA"):
        letters_of(said)
