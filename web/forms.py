"""What a form says: fields by name, as they were typed, so that nothing is lost when it comes back with a fault."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request

MOST_FIELDS = 12_000
"""An order has at most 5,000 lines, each with two fields."""


class FormTooLarge(Exception):
    """More fields than any page of ours has."""


@dataclass(frozen=True, slots=True)
class Form:
    """values: what was typed, without the blanks around it. faults: what is wrong, by the name of the field."""

    values: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, object] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def fault(self, name: str) -> object:
        return self.faults.get(name, "")

    def with_faults(self, faults: Mapping[str, object]) -> "Form":
        return Form(self.values, faults)


async def read_form(request: Request) -> Form:
    """Read a plain form; raises FormTooLarge. The body is bounded before (`api/limits.py`)."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as too_many:
        raise FormTooLarge from too_many
    return Form({name: value.strip() for name, value in pairs})
