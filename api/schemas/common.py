"""The types that every schema is made of."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from domain.currencies import DECIMALS
from domain.deadlines import time_zones
from domain.durations import IsoDuration, span

MOST_MINOR = 10**12
"""No amount on the wire is larger: ten thousand million of a currency with two decimals."""

MOST_UNITS = 1_000_000

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


def _clean(text: str) -> str:
    if any(ord(character) < 32 and character not in "\n\t" for character in text) or "\x7f" in text:
        raise ValueError("control characters are not allowed")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("half of a surrogate pair is not a character")
    return text


def _identifier(text: str) -> str:
    if any(character.isspace() or character in "/\\" for character in text):
        raise ValueError("an id has no spaces and no slashes")
    return text


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


def _duration(text: str) -> IsoDuration:
    span(IsoDuration(text))
    return IsoDuration(text)


def _time_zone(name: str) -> str:
    if name not in time_zones():
        raise ValueError(f"{name!r} is not a time zone of the IANA database, like Asia/Shanghai or UTC")
    return name


Text = Annotated[str, Field(max_length=2_000), AfterValidator(_clean)]
Name = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_clean)]
Id = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_clean), AfterValidator(_identifier)]
Currency = Annotated[str, AfterValidator(_currency)]
Minor = Annotated[int, Field(strict=True, ge=0, le=MOST_MINOR)]
Points = Annotated[int, Field(strict=True, ge=0, le=MOST_MINOR)]
Quantity = Annotated[int, Field(strict=True, ge=1, le=MOST_UNITS)]
Count = Annotated[int, Field(strict=True, ge=0, le=MOST_UNITS)]
BasisPoints = Annotated[int, Field(strict=True, ge=0, le=10_000)]
Flag = Annotated[bool, Field(strict=True)]
Time = Annotated[AwareDatetime, BeforeValidator(_written_time), AfterValidator(_on_the_calendar)]
Duration = Annotated[IsoDuration, Field(examples=["PT72H"]), AfterValidator(_duration)]
TimeZone = Annotated[str, Field(max_length=64, examples=["Asia/Shanghai"]), AfterValidator(_time_zone)]


class Wire(BaseModel):
    """Everything on the wire: names are fixed, and a name we don't know is an error rather than ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)
