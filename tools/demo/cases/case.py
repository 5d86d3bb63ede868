"""What a case is, and what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.demo.cases.case_run import CaseRun

LOCALES = ("zh-CN", "en")
"""The languages in which the demo's customers can be told things."""


@dataclass(frozen=True, slots=True)
class CaseWords:
    """A name or a sentence in both languages of the demo; what the source document says is the Chinese one."""

    chinese: str
    english: str

    def in_language(self, locale: str) -> str:
        return self.english if locale == "en" else self.chinese

    def about(self, **facts: str) -> CaseWords:
        """Fill in the places that are left open in both."""
        return CaseWords(self.chinese.format_map(facts), self.english.format_map(facts))


APPROVED = CaseWords("您的退款请求已审核通过", "Your refund request has been approved.")


@dataclass(frozen=True, slots=True)
class Person:
    """`short` is in all of the person's ids."""

    short: str
    name: CaseWords


@dataclass(frozen=True, slots=True)
class Case:
    """One story: `plot` says what happens, `sentence` is what the source document says to the customer."""

    title: str
    person: Person
    plot: str
    play: Callable[[CaseRun], Awaitable[None]]
    sentence: CaseWords | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """`expected` is written in the case, `actual` was read back."""

    sentence: str
    actual: object
    expected: object

    @property
    def holds(self) -> bool:
        return self.actual == self.expected

    def __str__(self) -> str:
        return self.sentence if self.holds else f"{self.sentence}: expected {self.expected!r}, read {self.actual!r}"


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """A case that was played; `trouble` says why it did not come to its end."""

    case: Case
    case_run: CaseRun
    seconds: float
    trouble: str | None

    @property
    def as_expected(self) -> bool:
        return self.trouble is None and all(check.holds for check in self.case_run.checks)

    @property
    def verdict(self) -> str:
        return "as expected" if self.as_expected else "not as expected"

    @property
    def complaints(self) -> list[str]:
        """Say what did not come out as expected."""
        wrong = [str(check) for check in self.case_run.checks if not check.holds]
        return wrong if self.trouble is None else [*wrong, self.trouble]
