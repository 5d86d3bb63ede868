"""Whoever sends thousands of faults is told of the first ones, and costs no more than that."""

from typing import Any

import pytest
from pydantic import ValidationError

from api.schemas.orders import OrderBody
from api.schemas.refunds import RefundBody


def faults(model: type[Any], body: dict[str, Any]) -> list[tuple[int | str, ...]]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(body)
    return [each["loc"] for each in refused.value.errors() if each["loc"][0] == "lines"]


def a_line(number: int, **fields: Any) -> dict[str, Any]:
    return {"line_id": f"line-{number}", "sku": "A", "quantity": 1, "unit_price": 100, **fields}


@pytest.mark.parametrize("model", [OrderBody, RefundBody])
def test_of_thousands_of_faults_the_first_are_told(model: type[Any]) -> None:
    assert faults(model, {"order_id": "o1", "lines": [1] * 4_000}) == [("lines", number) for number in range(25)]


@pytest.mark.parametrize("place", [0, 24, 25, 99, 100, 4_000])
def test_a_fault_among_thousands_is_told_with_its_place(place: int) -> None:
    lines = [a_line(number, tax="much" if number == place else 0) for number in range(4_001)]

    assert faults(OrderBody, {"lines": lines}) == [("lines", place, "tax")]


def test_an_order_of_too_many_lines_is_told_so() -> None:
    assert faults(OrderBody, {"lines": [a_line(number) for number in range(5_001)]}) == [("lines",)]
