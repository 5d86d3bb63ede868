"""How much tax is inside what each payment gets back."""

from domain.payout.tax_shares import TaxInside


def test_the_tax_is_shared_by_what_each_payment_gets_to_the_cent() -> None:
    assert TaxInside(tax=10_00, gross=100_00, paid=100_00).shares([33_33, 66_67]) == [3_33, 6_67]
    assert TaxInside(tax=1, gross=3, paid=3).shares([1, 1, 1]) == [1, 0, 0]


def test_fees_and_deductions_lessen_it_and_what_comes_on_top_has_none() -> None:
    assert TaxInside(tax=10_00, gross=100_00, paid=50_00).shares([50_00]) == [5_00]
    assert TaxInside(tax=10_00, gross=100_00, paid=120_00).shares([120_00]) == [10_00]


def test_where_nothing_is_given_back_or_paid_there_is_none() -> None:
    assert TaxInside(tax=0, gross=0, paid=5_00).shares([5_00]) == [0]
    assert TaxInside(tax=10_00, gross=100_00, paid=0).shares([0, 0]) == [0, 0]
