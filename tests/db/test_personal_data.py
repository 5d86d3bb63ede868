"""That no place is forgotten where personal data could lie."""

from typing import Any

import pytest
from sqlalchemy import ARRAY, Column, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from db.personal_data import PLACES, read_key
from db.schema import metadata, orders, refund_events


def could_hold_some(table: Table) -> set[str]:
    return {each.name for each in table.c if isinstance(as_it_lies(each), (Text, JSONB, LargeBinary, ARRAY))}


def as_it_lies(column: Column[Any]) -> TypeEngine[Any]:
    return column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type


def test_every_column_that_could_hold_personal_data_is_judged_and_only_once() -> None:
    assert set(PLACES) == set(metadata.tables.values())
    for table, place in PLACES.items():
        assert len(place.judged) == len(set(place.judged)), table.name
        assert set(place.judged) == could_hold_some(table), table.name


def test_what_is_personal_can_be_found_by_whose_it_is() -> None:
    assert [table.name for table, place in PLACES.items() if place.personal and place.whose is None] == []


@pytest.mark.parametrize("values", [None, "x", [], ["x"], ["x", "1"], ["x", True], [1, 1], ["x", 1, 1]])
def test_a_key_of_another_shape_is_no_key(values: object) -> None:
    with pytest.raises(ValueError, match="no key of refund_events"):
        read_key(refund_events, values)


def test_a_key_is_taken_as_it_was_given() -> None:
    assert read_key(refund_events, ["rf_1", 3]) == ["rf_1", 3]
    assert read_key(orders, ["m", "o1"]) == ["m", "o1"]
