"""Bank accounts as customers write them: one form, and what is wrong is said without repeating it (rule 54)."""

import pytest

from domain.payout import bank_accounts
from domain.payout.bank_accounts import BankAccount

# Where the money goes (rule 54)

KNOWN = ["DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606", "NO9386011117947"]
"""Those that ISO 13616's registry gives as examples."""


@pytest.mark.parametrize("known", KNOWN)
def test_an_iban_is_written_in_one_form(known: str) -> None:
    groups = " ".join(known[place : place + 4] for place in range(0, len(known), 4))

    assert bank_accounts.iban(groups.lower()) == known


@pytest.mark.parametrize("known", KNOWN)
def test_one_wrong_digit_is_found_and_not_repeated(known: str) -> None:
    wrong = known[:-1] + str((int(known[-1]) + 1) % 10)

    with pytest.raises(ValueError, match="check digits") as refused:
        bank_accounts.iban(wrong)
    assert wrong not in str(refused.value)


@pytest.mark.parametrize("wrong", ["", "DE89", "1289370400440532013000", "DE8937040044053201300€", "DE" + "1" * 40])
def test_what_is_no_iban_at_all_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="two letters, two digits"):
        bank_accounts.iban(wrong)


def test_an_account_number_and_a_bank_code_are_written_in_one_form() -> None:
    assert bank_accounts.account_number("6222-0200 0000 1234") == "6222020000001234"
    assert bank_accounts.bank_code("cmbccnbs") == "CMBCCNBS"


@pytest.mark.parametrize("wrong", ["12345", "1" * 35, "12/34567"])
def test_what_is_no_account_number_is_refused_and_not_repeated(wrong: str) -> None:
    with pytest.raises(ValueError, match="6 to 34") as refused:
        bank_accounts.account_number(wrong)
    assert wrong not in str(refused.value)


def test_what_is_no_bank_code_is_refused() -> None:
    with pytest.raises(ValueError, match="3 to 20"):
        bank_accounts.bank_code("..")


def test_all_that_is_shown_of_an_account_is_how_its_number_ends() -> None:
    by_iban = BankAccount("Li Lei", iban=KNOWN[0])
    by_number = BankAccount("Li Lei", account_number="6222020000001234", bank_code="CMBCCNBS")

    assert (by_iban.ends_in, by_number.ends_in, BankAccount("Li Lei").ends_in) == ("3000", "1234", "")
    assert repr(by_number) == "BankAccount()"
