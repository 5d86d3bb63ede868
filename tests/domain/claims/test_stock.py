"""What becomes of accepted units, where the warehouse says it of each and where it says one word of the line."""

import pytest

from domain.claims.stock import StockDisposition, StockPut, in_words, lesser_of, puts_of

RESTOCK, DAMAGED, DISCARD = StockDisposition


def test_what_the_warehouse_says_of_each_unit_is_what_becomes_of_it() -> None:
    said = [StockPut(1, DAMAGED, "B-2"), StockPut(2, RESTOCK, "A-3")]

    assert puts_of(3, 1, "damaged", said) == tuple(said)


def test_units_of_which_nothing_is_said_are_sold_as_new() -> None:
    assert puts_of(3, 0, None, ()) == (StockPut(3, RESTOCK),)


def test_units_in_a_lesser_condition_are_kept_apart() -> None:
    assert puts_of(3, 1, "damaged", ()) == (StockPut(2, RESTOCK), StockPut(1, DAMAGED))


@pytest.mark.parametrize("word", ["discard", " Scrapped "])
def test_a_word_may_say_that_they_are_gone(word: str) -> None:
    assert puts_of(2, 2, word, ()) == (StockPut(2, DISCARD),)


def test_of_nothing_nothing_becomes() -> None:
    assert puts_of(0, 0, "restock", ()) == ()


def test_what_is_not_sold_as_new_is_in_a_lesser_condition() -> None:
    assert lesser_of([StockPut(2, RESTOCK), StockPut(1, DAMAGED), StockPut(4, DISCARD)]) == 5


def test_it_is_said_with_its_place_where_it_has_one() -> None:
    assert in_words("0.4 kg", StockPut(400, RESTOCK, "A-3")) == "0.4 kg restock at A-3"
    assert in_words("2", StockPut(2, DISCARD)) == "2 discard"
