"""What is said has a fingerprint: the same word is known again, whoever hears it, whatever else can be said by now."""

from dataclasses import dataclass

from domain.said import WordKind, fingerprint, said_by, word_id


@dataclass(frozen=True, slots=True)
class Earlier:
    lines: tuple[tuple[str, int], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    lines: tuple[tuple[str, int], ...]
    note: str = ""
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    contents: Earlier


def test_the_same_word_has_the_same_fingerprint() -> None:
    assert fingerprint(Earlier((("l1", 2),))) == fingerprint(Earlier((("l1", 2),), note=""))


def test_another_word_has_another_fingerprint() -> None:
    assert fingerprint(Earlier((("l1", 2),))) != fingerprint(Earlier((("l1", 1),)))
    assert fingerprint(Parcel(Earlier((("l1", 2),)))) != fingerprint(Parcel(Earlier((("l1", 2),), "wet")))


def test_a_word_of_before_stays_the_same_when_it_can_say_more() -> None:
    assert fingerprint(Earlier((("l1", 2),), "wet")) == fingerprint(Later((("l1", 2),), "wet"))


def test_a_word_that_came_as_a_list_is_the_one_that_came_as_a_tuple() -> None:
    assert fingerprint([["l1", 2]]) == fingerprint((("l1", 2),))


def test_whoever_speaks_at_temporal_is_called_after_it_and_keeps_the_name_that_nobody_has_checked() -> None:
    assert (said_by("reviewer"), said_by("temporal")) == ("temporal:reviewer", "temporal")


def test_what_travelled_has_travelled_and_what_was_decided_may_be_overtaken() -> None:
    assert [kind for kind in WordKind if kind.is_of_goods] == [WordKind.SHIPMENT, WordKind.RECEIPT]


def test_a_refused_word_is_another_word_each_time_it_is_said_and_no_key_makes_two_of_them_one() -> None:
    keys = ["a", "2-a", ".2-a", "a.2", "receipt.2-a"]
    ids = {word_id(kind, key, refusals) for kind in WordKind for key in keys for refusals in range(12)}

    assert len(ids) == len(WordKind) * len(keys) * 12
    assert word_id(WordKind.RECEIPT, "a") == "receipt-a"
