"""Why a refund is asked for, and whether goods come back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from domain.explain.locales import language_of


class Reason(StrEnum):
    """Why a refund is asked for; all but `changed_mind` are the merchant's fault."""

    QUALITY_ISSUE = "quality_issue"
    DELIVERY_ERROR = "delivery_error"
    CHANGED_MIND = "changed_mind"
    MERCHANT_BREACH = "merchant_breach"

    @property
    def is_merchants_fault(self) -> bool:
        return self is not Reason.CHANGED_MIND


class RefundKind(StrEnum):
    """Whether goods come back."""

    RETURN = "return"
    REFUND_ONLY = "refund_only"


EVERY_LANGUAGE = ""
"""Stands for all locales, where a reason has one name for everybody."""


@dataclass(frozen=True, slots=True)
class GivenReason:
    """A reason as somebody gave it: one of the four, or a merchant's own with what it stood for and was called then.

    A refund keeps it, so what the merchant changes later changes nothing of it (rule 55). `names` are by locale; that
    under `EVERY_LANGUAGE` is for all.
    """

    code: str
    stands_for: Reason
    names: dict[str, str] = field(default_factory=dict)

    @classmethod
    def one_of_the_four(cls, reason: Reason) -> Self:
        return cls(reason.value, reason)

    @property
    def is_own(self) -> bool:
        """Whether it is the merchant's own."""
        return self.code != self.stands_for

    def name_in(self, locale: str) -> str | None:
        """What it is called in a language; None where it has no name in it."""
        language = language_of(locale)
        same = (name for known, name in self.names.items() if known and language_of(known) == language)
        return self.names.get(locale) or next(same, None) or self.names.get(EVERY_LANGUAGE)

    def name(self, locale: str) -> str:
        """What it is called, where possible in this language, else in another; without any name by its id."""
        return self.name_in(locale) or next(iter(self.names.values()), self.code)


@dataclass(frozen=True, slots=True)
class GivenReasons:
    """Why a refund is asked for: `of_refund` for all of it but the lines in `of_lines`, which have their own (rule 55).

    `in_effect` are those for which anything is asked for, each once; that of the refund is none of them where every
    line has its own.
    """

    of_refund: GivenReason
    in_effect: tuple[GivenReason, ...]
    of_lines: tuple[tuple[str, str], ...] = ()

    @classmethod
    def given(cls, of_refund: GivenReason, lines: Mapping[str, GivenReason | None]) -> Self:
        """Sort out what was said; `lines` are those asked for by name, None for one without a reason of its own."""
        asked = [each or of_refund for each in lines.values()] or [of_refund]
        own = tuple((line_id, each.code) for line_id, each in lines.items() if each is not None)
        return cls(of_refund, tuple({each.code: each for each in asked}.values()), own)

    @classmethod
    def one_of_the_four(cls, reason: Reason) -> Self:
        return cls.given(GivenReason.one_of_the_four(reason), {})

    @property
    def is_one_of_the_four(self) -> bool:
        """Whether nothing was said but one of the four, for all of the refund."""
        return not self.of_refund.is_own and not self.of_lines

    @property
    def by_line(self) -> dict[str, GivenReason]:
        """The lines that have a reason of their own, with it."""
        known = {each.code: each for each in self.in_effect}
        return {line_id: known[code] for line_id, code in self.of_lines}

    @property
    def stands_for(self) -> tuple[tuple[str, Reason], ...]:
        """What the lines' own reasons stand for: that is what every rule asks (rule 55)."""
        return tuple((line_id, each.stands_for) for line_id, each in self.by_line.items())

    @property
    def is_merchants_fault(self) -> bool:
        """Whether nothing of the refund is asked for because the customer changed their mind."""
        return all_merchants_fault(each.stands_for for each in self.in_effect)

    def names_of(self, stands_for: Reason, locale: str) -> list[str]:
        """The merchant's names, in a language, of those of its reasons that were given and stand for this."""
        names = (each.name_in(locale) for each in self.in_effect if each.stands_for is stands_for)
        return list(dict.fromkeys(name for name in names if name))


def all_merchants_fault(reasons: Iterable[Reason]) -> bool:
    return all(reason.is_merchants_fault for reason in reasons)
