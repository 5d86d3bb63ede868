"""`make demo`: the whole stack, real refunds end to end, each one's story as a table, and an exit code that is honest.

python -m tools demo [--locale en] [--keep] [--kill-worker] [--full]
"""

import argparse
import asyncio
import io
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from settings import StackSettings
from tools.client import NotInTime
from tools.demo.cases import CASES
from tools.demo.cases.case import LOCALES, CaseOutcome
from tools.demo.cases.killing import WorkerKiller
from tools.demo.cases.later import LATER
from tools.demo.cases.progress_view import ProgressView, mark_of
from tools.demo.cases.run import DemoDeadline, audit, play
from tools.demo.cases.second_act import second_act
from tools.demo.cases.shop import open_shop
from tools.demo.invitation import Invitation, invitation
from tools.demo.parties.parties import Doors, node_program, of_npm, of_python
from tools.demo.story import CaseStory, read_story, tell, tell_all_in_short
from tools.stack import StackError
from tools.stack.as_root import POINTER
from tools.stack.stack import DESCRIPTION, Stack

_WIDTH_OF_A_FILE = 116
_INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Run the demo; return 0 only if every case came out as expected."""
    options = _parser().parse_args(arguments)
    console = _console()
    try:
        if options.full:
            node_program()
        doors = Doors()
        with _settings() as settings:
            told = replace(settings, environment=doors.told(_with_clocks(settings.environment)))
            return _demo(told, options, console, doors)
    except KeyboardInterrupt:
        console.print("Stopped.")
        return _INTERRUPTED
    except (StackError, NotInTime, ValueError) as error:
        print(f"the demo can't run: {error}", file=sys.stderr)
        return 1


def _demo(settings: StackSettings, options: argparse.Namespace, console: Console, doors: Doors) -> int:
    began = time.monotonic()
    with ExitStack() as running:
        stack = _started(settings, console, running)
        ui = stack.description.temporal_ui_url or "where that server has it"
        console.print(
            f"Playing {len(CASES)} cases, a second act, and a month in seconds. Temporal UI: {ui}", style="bold"
        )
        if stack.description.temporal_keys is not None:
            where = stack.home.path / DESCRIPTION
            console.print(f"Its user is operator, the password temporal_keys.operator in {where}", style="dim")
        if options.locale != "en":
            console.print("Customers are told in Chinese; make demo LOCALE=en tells them in English.", style="dim")
        console.print()
        stories, invited = asyncio.run(_perform(stack, settings, options, console, doors))
        outcomes = [story.outcome for story in stories]
        tell_all_in_short(stories, console)
        verdict = _verdict(outcomes, time.monotonic() - began, stack.restarts("worker"))
        console.print(verdict)
        _complain(outcomes, console)
        console.print("\nThe story of each:\n", style="bold")
        for story in stories:
            tell(story, console, with_links=options.keep)
        console.print(verdict)
        if options.keep:
            _keep(stack, ui, console, invited)
        else:
            console.print(
                "make demo KEEP=1 leaves it running, and ends with the address of a customer's page and how to get in",
                style="dim",
            )
    return 0 if all(outcome.as_expected for outcome in outcomes) else 1


def _started(settings: StackSettings, console: Console, running: ExitStack) -> Stack:
    what = "Starting PostgreSQL, Temporal, a worker and the API …"
    if not console.is_terminal:
        console.print(what)
    with console.status(what):
        quiet = Stack(settings, announce=lambda said: console.print(Text(f"  {said}", "dim")))
        return running.enter_context(quiet)


async def _perform(
    stack: Stack, settings: StackSettings, options: argparse.Namespace, console: Console, doors: Doors
) -> tuple[list[CaseStory], Invitation | None]:
    """Play everything while it is watched, the first act by wish while the worker is killed; then read the stories."""
    deadline = DemoDeadline(restarts=lambda: stack.restarts("worker"))
    namespace = settings.environment.get("TEMPORAL_NAMESPACE") or "default"
    folder, cast = stack.home.path / "parties", of_npm if options.full else of_python
    folder.mkdir(mode=0o700, exist_ok=True)
    async with (
        cast(doors, folder) as parties,
        open_shop(stack.description, namespace, options.locale) as shop,
        open_shop(stack.description, namespace, options.locale) as with_a_clock,
    ):
        killer = (
            asyncio.create_task(WorkerKiller(lambda: stack.kill("worker"), shop).run()) if options.kill_worker else None
        )
        with ProgressView(console, options.locale) as board:
            outcomes = await play(shop, CASES, board, deadline)
            if killer:
                killer.cancel()
            outcomes += await play(shop, second_act(parties), board, deadline)
            outcomes += await play(with_a_clock, LATER, board, deadline)
            outcomes += await audit(shop, board)
        stories = [await read_story(outcome) for outcome in outcomes]
        return stories, await invitation(stories, stack.description.pages["customer"])


def _with_clocks(environment: Mapping[str, str]) -> dict[str, str]:
    """Shops that have only the sandbox may put their clocks forward, as with `make up` (0107)."""
    return {"MAKEWHOLE_TEST_CLOCKS": "yes", **environment}


def _verdict(outcomes: list[CaseOutcome], seconds: float, restarts: int) -> Text:
    good = sum(outcome.as_expected for outcome in outcomes)
    meanwhile = f"; the worker was restarted {restarts} times" if restarts else ""
    sentence = f" {good} of {len(outcomes)} cases came out as expected, in {seconds:.1f} s{meanwhile}."
    return Text.assemble(mark_of(holds=good == len(outcomes)), (sentence, "bold"))


def _complain(outcomes: list[CaseOutcome], console: Console) -> None:
    """Say what did not come out as expected, and how to find out why."""
    complaints = [f" {outcome.case.title}: {complaint}" for outcome in outcomes for complaint in outcome.complaints]
    for complaint in complaints:
        console.print(Text.assemble(mark_of(holds=False), complaint))
    if complaints:
        console.print("Set MAKEWHOLE_HOME to a directory and run it again to keep the logs.")


def _keep(stack: Stack, ui: str, console: Console, invited: Invitation | None) -> None:
    console.print(f"Everything still runs. Temporal UI: {ui}, API: {stack.description.api_url}/docs")
    console.print(f"Addresses and keys are in {stack.home.path}. Ctrl-C stops it.")
    if invited is not None:
        console.print(f"A customer's page: {invited.address}", soft_wrap=True)
        console.print(f"Its customer gets in by the key {invited.key} and the order {invited.order_id}", soft_wrap=True)
    try:
        stack.wait()
    except KeyboardInterrupt:
        console.print("Stopped.")


@contextmanager
def _settings() -> Iterator[StackSettings]:
    """A data directory that is gone afterwards, unless MAKEWHOLE_HOME names one."""
    settings = StackSettings.from_environment()
    if settings.environment.get("MAKEWHOLE_HOME"):
        yield settings
        return
    with tempfile.TemporaryDirectory(prefix="makewhole-demo-", ignore_cleanup_errors=True) as directory:
        try:
            yield replace(settings, home=Path(directory))
        finally:
            _forget_roots_postgres(Path(directory))


def _forget_roots_postgres(home: Path) -> None:
    """Root's Postgres keeps its data outside the home."""
    pointer = home / POINTER
    if pointer.exists():
        shutil.rmtree(pointer.read_text(encoding="utf-8"), ignore_errors=True)


def _console() -> Console:
    """Write to a terminal as wide as it is, to a file as wide as a page; what the encoding lacks becomes `?`."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    is_terminal = sys.stdout.isatty()
    return Console(width=None if is_terminal else _WIDTH_OF_A_FILE, highlight=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools demo", description="real refunds from end to end")
    parser.add_argument("--locale", choices=LOCALES, default=LOCALES[0], help="the language that customers are told in")
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C")
    parser.add_argument("--kill-worker", action="store_true", help="kill the worker at random moments meanwhile")
    parser.add_argument("--full", action="store_true", help="the second act with npm's parties (make demo FULL=1)")
    return parser
