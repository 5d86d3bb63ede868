"""Stored documents are read in the shape of today, whichever version of makewhole wrote them."""

from dataclasses import dataclass
from typing import Any

import pytest

from db import versions
from db.codec import from_json, to_json
from db.versions import NewerVersion
from domain.money.amounts import Money
from domain.settlement.differences import Difference, DifferenceCause

DIFFERENCE = Difference(Money("CNY", 100), Money("CNY", 90), (DifferenceCause.LESSER_CONDITION,))


@dataclass(frozen=True, slots=True)
class Parcel:
    grams: int


def in_kilograms(document: dict[str, Any]) -> dict[str, Any]:
    return {"grams": document["kg"] * 1_000} if "kg" in document else document


@pytest.fixture
def parcels_had_kilograms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(versions.UPGRADES, Parcel, (in_kilograms, lambda document: document))


def test_a_document_says_of_which_version_it_is() -> None:
    assert to_json(DIFFERENCE)["version"] == 1
    assert from_json(Difference, to_json(DIFFERENCE)) == DIFFERENCE


def test_a_document_without_a_version_was_written_before_there_were_any() -> None:
    stored = to_json(DIFFERENCE)
    del stored["version"]

    assert from_json(Difference, stored) == DIFFERENCE


@pytest.mark.usefixtures("parcels_had_kilograms")
def test_an_earlier_shape_is_brought_into_the_shape_of_today() -> None:
    assert from_json(Parcel, {"kg": 2}) == Parcel(2_000)
    assert from_json(Parcel, {"version": 1, "grams": 7}) == from_json(Parcel, to_json(Parcel(7))) == Parcel(7)


def test_a_document_of_a_later_version_is_not_guessed_at() -> None:
    with pytest.raises(NewerVersion, match="version 2"):
        from_json(Difference, {**to_json(DIFFERENCE), "version": 2})
