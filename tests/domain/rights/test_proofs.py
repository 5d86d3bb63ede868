"""What a message to somebody proves of an order."""

from domain.rights.proofs import Buyer, Proof, proved_by
from domain.sale.guests import Guest, guest_id

SOMEBODY = guest_id("1")


def test_who_reads_the_mail_or_the_texts_of_an_account_has_the_account() -> None:
    lilei = Buyer("lilei", "LiLei@Example.com ", "+8613800000000")

    assert proved_by(lilei) == {"lilei@example.com": Proof.ACCOUNT, "+8613800000000": Proof.ACCOUNT}


def test_what_is_no_address_reaches_nobody() -> None:
    assert proved_by(Buyer("lilei", "by the river", "138 0000 0000")) == {}
    assert proved_by(Buyer("lilei")) == {}


def test_a_guest_has_the_order_that_names_them_and_nothing_that_another_order_of_theirs_says() -> None:
    guest = Buyer(SOMEBODY, "lilei@example.com", "+8613800000000", Guest("LiLei@example.com"))

    assert proved_by(guest) == {"lilei@example.com": Proof.ORDER}


def test_the_guest_of_an_order_that_was_given_to_an_account_has_that_order_and_no_more() -> None:
    given = Buyer("lilei", "new@example.com", None, Guest("old@example.com", "+8613800000000"))
    theirs = Buyer("lilei", "old@example.com", None, Guest("old@example.com"))

    assert proved_by(given) == {
        "old@example.com": Proof.ORDER,
        "+8613800000000": Proof.ORDER,
        "new@example.com": Proof.ACCOUNT,
    }
    assert proved_by(theirs) == {"old@example.com": Proof.ACCOUNT}
