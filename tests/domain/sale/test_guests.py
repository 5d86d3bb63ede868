"""Who bought without an account is one and the same however their e-mail is written (rule 57)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import spelling
from domain.sale.guests import Guest, account, called, contact, email_address, guest_id, is_guest, phone_number

LETTERS = st.text(st.sampled_from("abcxyzABCXYZ0189._-+ßéИ"), min_size=1, max_size=20)
EMAILS = st.builds("{}@{}".format, LETTERS, LETTERS)
SPACES = st.text(st.sampled_from(" \t\n"), max_size=3)
PHONES = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)


@given(EMAILS, SPACES, SPACES)
def test_case_and_surrounding_spaces_of_an_email_mean_nothing(email: str, before: str, after: str) -> None:
    one = Guest(email=before + email.upper().lower() + after)
    other = Guest(email=email.upper())

    assert one.contact == other.contact == email_address(email.upper())


@given(EMAILS, PHONES)
def test_a_guest_is_known_by_the_email_and_by_the_phone_only_without_one(email: str, phone: str) -> None:
    assert Guest(email, phone).contact == Guest(email).contact == contact(email)
    assert Guest(phone=phone).contact == contact(phone) == phone


@given(st.one_of(EMAILS, PHONES))
def test_what_a_guest_is_known_by_is_in_one_form_already(said: str) -> None:
    assert contact(contact(said)) == contact(said)


@given(EMAILS, PHONES)
def test_no_email_is_taken_for_a_phone(email: str, phone: str) -> None:
    assert contact(email) != contact(phone)


@pytest.mark.parametrize("wrong", ["", "a", "@", "a@", "@b", "a b@c", "a@b c", "a@b@c", "a" * 250 + "@b.cd"])
def test_what_is_no_email_is_refused_with_what_would_be_right(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"e-mail address"):
        email_address(wrong)


NO_PHONES = [
    "",
    "13800000000",
    "+0123456789",
    "+86 138 0000",
    "+861",
    "+86123456789012345",
    "+\u0663\u0664\u0665\u0666\u0667",
]


@pytest.mark.parametrize("wrong", NO_PHONES)
def test_a_phone_that_is_not_written_as_e164_is_refused_with_an_example(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"E\.164 .*\+8613800000000"):
        phone_number(wrong)


@given(st.text(st.sampled_from("0123456789abcdef"), min_size=20, max_size=20))
def test_no_merchant_can_say_the_id_of_a_guest(drawn: str) -> None:
    mine = guest_id(drawn)

    assert is_guest(mine)
    assert account(mine) is None and called(mine) == "this guest"
    with pytest.raises(ValueError, match="begins"):
        spelling.identifier(mine)


@given(st.text(max_size=30))
def test_what_a_merchant_can_say_is_an_account(said: str) -> None:
    try:
        customer_id = spelling.identifier(said)
    except ValueError:
        return
    assert not is_guest(customer_id)
    assert account(customer_id) == customer_id
    assert called(customer_id) == f"customer {customer_id!r}"
