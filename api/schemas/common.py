"""The types that every schema is made of."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from domain import spelling
from domain.deadlines import time_zones
from domain.durations import IsoDuration, span
from domain.explain import locales
from domain.money import exchange
from domain.money.currencies import DECIMALS

MOST_MINOR = 10**12
"""No amount on the wire is larger: ten thousand million of a currency with two decimals."""

MOST_UNITS = 1_000_000

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


def none_if_empty(value: object) -> object:
    """Shops write an empty text where they have no id."""
    return None if value == "" else value


def _currency(code: str) -> str:
    if code not in DECIMALS:
        raise ValueError(f"{code!r} is not an ISO 4217 currency that people pay with, like CNY, JPY or KWD")
    return code


def _written_time(value: object) -> object:
    if not isinstance(value, (str, datetime)):
        raise ValueError("write a time as RFC 3339, for example 2026-11-01T08:00:00Z")
    return value


def _on_the_calendar(moment: datetime) -> datetime:
    """Refuse what is no date in UTC, or so early that no duration can be counted back from it."""
    try:
        is_known = moment.astimezone(UTC) >= _EARLIEST
    except OverflowError:
        is_known = False
    if not is_known:
        raise ValueError("write a time from 1900-01-01 to 9999-12-31, in UTC")
    return moment


def _in_text(rate: object) -> object:
    if not isinstance(rate, str):
        raise ValueError('write a rate as a decimal above zero, in a text: "7.1234"')
    return rate


def _rate(text: str) -> str:
    exchange.rate(text)
    return text


def _duration(text: str) -> IsoDuration:
    span(IsoDuration(text))
    return IsoDuration(text)


def _time_zone(name: str) -> str:
    if name not in time_zones():
        raise ValueError(f"{name!r} is not a time zone of the IANA database, like Asia/Shanghai or UTC")
    return name


Text = Annotated[str, Field(max_length=2_000), AfterValidator(spelling.one_form)]
Name = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(spelling.one_form)]
Id = Annotated[
    str,
    Field(json_schema_extra={"minLength": 1, "maxLength": spelling.MOST_CHARACTERS}),
    AfterValidator(spelling.identifier),
]
OptionalId = Annotated[Id | None, BeforeValidator(none_if_empty)]
Reference = Annotated[str, Field(max_length=200), AfterValidator(spelling.storable)]
"""What others call a thing: no letter of it is changed, or they would not know it again."""

MetadataKey = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(spelling.one_form)]
MetadataValue = Annotated[str, Field(max_length=500), AfterValidator(spelling.one_form)]
Metadata = Annotated[
    dict[MetadataKey, MetadataValue],
    Field(
        max_length=50,
        description="The merchant's own notes, given back as they are: "
        "up to 50 keys of up to 40 characters, each with a text of up to 500.",
        examples=[{"shop": "7"}],
    ),
]
Link = Annotated[
    str, Field(max_length=2_000, examples=["https://shop.example/1.jpg"]), AfterValidator(spelling.web_link)
]
Locale = Annotated[
    str,
    Field(min_length=2, max_length=35, examples=["zh-CN"]),
    AfterValidator(spelling.one_form),
    AfterValidator(locales.one_form),
]
Currency = Annotated[str, AfterValidator(_currency)]
Minor = Annotated[int, Field(strict=True, ge=0, le=MOST_MINOR)]
SignedMinor = Annotated[int, Field(strict=True, ge=-MOST_MINOR, le=MOST_MINOR)]
Points = Annotated[int, Field(strict=True, ge=0, le=MOST_MINOR)]
Limit = Annotated[int, Field(strict=True, ge=1, le=MOST_UNITS)]
BasisPoints = Annotated[int, Field(strict=True, ge=0, le=10_000)]
Flag = Annotated[bool, Field(strict=True)]
Time = Annotated[AwareDatetime, BeforeValidator(_written_time), AfterValidator(_on_the_calendar)]
Rate = Annotated[
    str,
    BeforeValidator(_in_text),
    Field(strict=True, max_length=25, examples=["7.1234"], pattern=r"^[0-9.]+$"),
    AfterValidator(_rate),
]
Duration = Annotated[IsoDuration, Field(examples=["PT72H"]), AfterValidator(_duration)]
TimeZone = Annotated[str, Field(max_length=64, examples=["Asia/Shanghai"]), AfterValidator(_time_zone)]


def _beginning_first(many: object, check: ValidatorFunctionWrapHandler) -> Any:
    """Check the first ones before the rest: to tell of thousands of faults takes long, and twenty are told."""
    if isinstance(many, list):
        count = _FIRST
        while count < len(many):
            check(many[:count])
            count *= 4
    return check(many)


_FIRST = 25

Checked = WrapValidator(_beginning_first)
"""Marks a list that may be long: where one of its first entries is wrong, nothing is said of the later ones."""


class Wire(BaseModel):
    """Everything on the wire: names are fixed, and a name we don't know is an error rather than ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ADDED_LATER: ClassVar[frozenset[str]] = frozenset()
    """Fields that earlier versions did not know: left out, they don't make a repeated request another one."""

    EARLIER_DEFAULTS: ClassVar[Mapping[str, str]] = {}
    """What a field that is left out stood for in earlier versions, for the same reason."""


def is_empty(value: object) -> bool:
    """Lines are many: what they don't say is left out of answers, so that as many as before are on a page."""
    return value is None or value == ""
