"""What a person sees while the cases are played: a live list on a terminal, elsewhere a line as each one ends."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from tools.demo.cases.case import Case, CaseOutcome


class ProgressView:
    def __init__(self, console: Console, locale: str) -> None:
        self._console = console
        self._locale = locale
        self._progress = Progress(
            SpinnerColumn(finished_text=" "),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            TextColumn("{task.fields[doing]}", style="dim", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._rows: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def sees(self, case: Case, doing: str) -> None:
        if case.title not in self._rows:
            self._rows[case.title] = self._progress.add_task(headline(case, self._locale), total=1, doing=doing)
        self._progress.update(self._rows[case.title], doing=doing)

    def applauds(self, outcome: CaseOutcome) -> None:
        mark = mark_of(holds=outcome.as_expected)
        if outcome.case.title in self._rows:
            self._progress.update(self._rows[outcome.case.title], completed=1, doing=f"{mark} {outcome.verdict}")
        if not self._console.is_terminal:
            self._console.print(
                Text.assemble("  ", mark, f" {outcome.seconds:5.1f} s  {headline(outcome.case, self._locale)}")
            )


def headline(case: Case, locale: str) -> str:
    return f"{case.person.name.in_language(locale)}  {case.title}"


def mark_of(*, holds: bool) -> Text:
    return Text("✓", "green") if holds else Text("✗", "bold red")
