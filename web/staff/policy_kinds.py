"""How the fields of a policy are typed: of each kind, a value as texts of a form and back, and as a person reads it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from domain.money.currencies import DECIMALS
from web.staff.typed import NotAnAmount, minor_units
from web.texts import PageTexts
from web.written import Writing

Typed = Mapping[str, str]
"""What is typed for a field: by the rest of its name in the form, "" for the field itself."""


class NotReadable(ValueError):
    """What was typed can't be read; `why` says by a text of `policy.fault` what would be right."""

    def __init__(self, why: str, said: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.said = said


@dataclass(frozen=True, slots=True)
class ValueReader:
    """In whose words a value is shown."""

    t: PageTexts
    shown: Writing


class FieldKind(Protocol):
    """`look` names the macro that draws it, `parts` the rests of its names in the form."""

    @property
    def look(self) -> str: ...

    @property
    def parts(self) -> Sequence[str]: ...

    def typed(self, value: Any) -> Typed: ...

    def read(self, typed: Typed) -> Any: ...

    def said(self, value: Any, reader: ValueReader, /) -> str: ...


_ITSELF = ("",)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One word of a closed set."""

    words: tuple[str, ...]
    look = "one_of"
    parts = _ITSELF

    def typed(self, value: Any) -> Typed:
        return {"": str(value)}

    def read(self, typed: Typed) -> str:
        if typed[""] not in self.words:
            raise NotReadable("choice")
        return typed[""]

    def said(self, value: Any, reader: ValueReader) -> str:
        return word(reader.t, value)


@dataclass(frozen=True, slots=True)
class SomeOf:
    """Any words of a closed set, each a box to tick."""

    words: tuple[str, ...]
    look = "some_of"

    @property
    def parts(self) -> Sequence[str]:
        return [f".{each}" for each in self.words]

    def typed(self, value: Any) -> Typed:
        return {f".{each}": "yes" if each in value else "" for each in self.words}

    def read(self, typed: Typed) -> list[str]:
        return [each for each in self.words if typed[f".{each}"]]

    def said(self, value: Any, reader: ValueReader) -> str:
        return ", ".join(word(reader.t, each) for each in value) or reader.t("policy.none")


@dataclass(frozen=True, slots=True)
class YesOrNo:
    """Whether something is so."""

    words = ("yes", "no")
    look = "one_of"
    parts = _ITSELF

    def typed(self, value: Any) -> Typed:
        return {"": "yes" if value else "no"}

    def read(self, typed: Typed) -> bool:
        return typed[""] == "yes"

    def said(self, value: Any, reader: ValueReader) -> str:
        return word(reader.t, "yes" if value else "no")


@dataclass(frozen=True, slots=True)
class AnAmount:
    """Minor units for every currency, `20000`, or amounts by currency, `CNY 200.00, USD 30.00`. empty: what none is."""

    empty: str = ""
    look = "amount"
    parts = _ITSELF

    def typed(self, value: Any) -> Typed:
        return {"": "" if value is None else amount_typed(value)}

    def read(self, typed: Typed) -> Any:
        if not typed[""] and self.empty:
            return None
        return amount_read(typed[""])

    def said(self, value: Any, reader: ValueReader) -> str:
        return word(reader.t, self.empty) if value is None else amount_said(value, reader)


@dataclass(frozen=True, slots=True)
class APointsValue:
    """Minor units that a point is worth, perhaps parts of one, or that by currency: `CNY 1, JPY 0.02`."""

    look = "text"
    parts = _ITSELF

    def typed(self, value: Any) -> Typed:
        if isinstance(value, dict):
            return {"": ", ".join(f"{currency} {worth}" for currency, worth in value.items()) or _NOWHERE}
        return {"": str(value)}

    def read(self, typed: Typed) -> Any:
        if _WORTH.fullmatch(typed[""]):
            return _worth(typed[""])
        return {currency: _worth(worth) for currency, worth in _by_currency(typed[""], "point_value")}

    def said(self, value: Any, _: ValueReader) -> str:
        return self.typed(value)[""]


@dataclass(frozen=True, slots=True)
class APercentage:
    """Basis points, typed in percent."""

    look = "percent"
    parts = _ITSELF

    def typed(self, value: Any) -> Typed:
        return {"": f"{Decimal(value) / 100:f}"}

    def read(self, typed: Typed) -> int:
        found = _PERCENT.fullmatch(typed[""].replace(",", "."))
        if found is None or Decimal(found.group()) > 100:
            raise NotReadable("percent")
        return int(Decimal(found.group()) * 100)

    def said(self, value: Any, reader: ValueReader) -> str:
        return f"{reader.shown.number(self.typed(value)[''])} %"


@dataclass(frozen=True, slots=True)
class ANumber:
    """A whole number within its range. empty: what none is."""

    least: int
    most: int
    empty: str = ""
    look = "number"
    parts = _ITSELF

    def typed(self, value: Any) -> Typed:
        return {"": "" if value is None else str(value)}

    def read(self, typed: Typed) -> int | None:
        if not typed[""] and self.empty:
            return None
        if not _WHOLE.fullmatch(typed[""]) or not self.least <= int(typed[""]) <= self.most:
            raise NotReadable("number", f"{self.least} … {self.most}")
        return int(typed[""])

    def said(self, value: Any, reader: ValueReader) -> str:
        return word(reader.t, self.empty) if value is None else reader.shown.number(value)


@dataclass(frozen=True, slots=True)
class ASpan:
    """A duration: a number and its unit, or as ISO 8601 where it has several. empty: what none is."""

    empty: str = ""
    look = "span"
    parts = ("", ".unit")

    def typed(self, value: Any) -> Typed:
        if value is None:
            return {"": "", ".unit": "days"}
        for unit, pattern in UNITS.items():
            found = re.fullmatch(pattern.replace("{}", r"(\d+)"), value)
            if found:
                return {"": found.group(1), ".unit": unit}
        return {"": value, ".unit": "days"}

    def read(self, typed: Typed) -> str | None:
        if not typed[""] and self.empty:
            return None
        if typed[""].startswith("P"):
            return typed[""]
        if not _WHOLE.fullmatch(typed[""]) or typed[".unit"] not in UNITS:
            raise NotReadable("span")
        return UNITS[typed[".unit"]].format(int(typed[""]))

    def said(self, value: Any, reader: ValueReader) -> str:
        if value is None:
            return word(reader.t, self.empty)
        typed = self.typed(value)
        if typed[""] == value:
            return str(value)
        return f"{typed['']} {reader.t.of('policy.unit', typed['.unit'])}"


UNITS = {
    "seconds": "PT{}S",
    "minutes": "PT{}M",
    "hours": "PT{}H",
    "days": "P{}D",
    "weeks": "P{}W",
    "months": "P{}M",
    "years": "P{}Y",
}
"""Days, weeks, months and years end with the day; what is shorter is exact."""


@dataclass(frozen=True, slots=True)
class SomeText:
    """A text; where it may be empty, `empty` says what that means."""

    empty: str = ""
    most: int = 64
    look = "text"
    parts = _ITSELF

    def typed(self, value: Any) -> Typed:
        return {"": value or ""}

    def read(self, typed: Typed) -> str | None:
        return typed[""] or None

    def said(self, value: Any, reader: ValueReader) -> str:
        return str(value) if value else word(reader.t, self.empty)


@dataclass(frozen=True, slots=True)
class AmountsByName:
    """Lines of a name and an amount: `reviewer: 50000`."""

    look = "lines"
    parts = _ITSELF

    def typed(self, value: Any) -> Typed:
        return {"": "\n".join(f"{name}: {amount_typed(amount)}" for name, amount in value.items())}

    def read(self, typed: Typed) -> Any:
        return dict(_named(typed[""]))

    def said(self, value: Any, reader: ValueReader) -> str:
        return "; ".join(f"{name}: {amount_said(amount, reader)}" for name, amount in value.items()) or reader.t(
            "policy.none"
        )


@dataclass(frozen=True, slots=True)
class SomeTiers:
    """Lines of a tier and the spend from which it is held."""

    look = "lines"
    parts = _ITSELF

    def typed(self, value: Any) -> Typed:
        return {"": "\n".join(f"{each['name']}: {amount_typed(each['minimum_spend'])}" for each in value)}

    def read(self, typed: Typed) -> Any:
        return [{"name": name, "minimum_spend": amount} for name, amount in _named(typed[""])]

    def said(self, value: Any, reader: ValueReader) -> str:
        return ", ".join(str(each["name"]) for each in value) or reader.t("policy.none")


def word(t: PageTexts, value: object) -> str:
    """Say a word of the policy; of the four reasons, as everywhere."""
    return t.of("staff.reason", value) if t.has("staff.reason", value) else t.of("policy.word", value)


def amount_typed(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(f"{currency} {_major(amount, currency)}" for currency, amount in value.items()) or _NOWHERE


def amount_read(text: str) -> Any:
    """Read an amount of a policy; raises NotReadable. A bare `200.00` is refused: of which currency?"""
    if _WHOLE.fullmatch(text):
        return int(text)
    found = {}
    for currency, amount in _by_currency(text, "amount"):
        try:
            found[currency] = minor_units(amount, currency)
        except (KeyError, NotAnAmount) as wrong:
            raise NotReadable("amount") from wrong
    return found


def amount_said(value: Any, reader: ValueReader) -> str:
    if isinstance(value, dict):
        return ", ".join(reader.shown.money(amount, currency) for currency, amount in value.items()) or _NOWHERE
    return reader.t("policy.minor", number=reader.shown.number(value), example=reader.shown.money(value, "CNY"))


_WHOLE = re.compile(r"[0-9]{1,13}")
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")
_WORTH = re.compile(r"[0-9]{1,7}(\.[0-9]{1,6})?")
_BETWEEN = re.compile(r"[,;，；\n]+")
_NOWHERE = "-"
"""A map without any currency."""


def _by_currency(text: str, why: str) -> list[tuple[str, str]]:
    if text == _NOWHERE:
        return []
    pairs = [each.split() for each in _BETWEEN.split(text) if each.strip()]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise NotReadable(why)
    return [(currency.upper(), amount) for currency, amount in pairs]


def _named(text: str) -> list[tuple[str, Any]]:
    found = []
    for line in text.splitlines():
        name, colon, amount = line.replace("：", ":").rpartition(":")
        if not line.strip():
            continue
        if not colon or not name.strip():
            raise NotReadable("lines", line.strip())
        found.append((name.strip(), amount_read(amount.strip())))
    return found


def _major(amount: int, currency: str) -> str:
    return f"{Decimal(amount).scaleb(-DECIMALS[currency]):f}"


def _worth(text: str) -> int | str:
    if not _WORTH.fullmatch(text):
        raise NotReadable("point_value")
    return text if "." in text else int(text)
