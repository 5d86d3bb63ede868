"""The demo on a real stack: it comes out as the source document says, whoever kills its worker meanwhile."""

import asyncio
import io
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from tests.shop import IN_TIME_S
from tests.tools.stack.helpers import eventually
from tests.web.browser import Browser
from tools.demo.cases import CASES
from tools.demo.cases.case import LOCALES, Case, CaseOutcome, CaseWords, Person
from tools.demo.cases.case_run import CaseRun
from tools.demo.cases.killing import WorkerKiller
from tools.demo.cases.later import LATER
from tools.demo.cases.run import DemoDeadline, play, play_all
from tools.demo.cases.sample_orders import Goods, SampleSale
from tools.demo.cases.second_act import second_act
from tools.demo.cases.shop import open_shop
from tools.demo.invitation import invitation
from tools.demo.parties.parties import Doors, of_python
from tools.demo.parties.running import REPOSITORY, running
from tools.demo.story import CaseStory, read_story, tell
from tools.stack import StackError, ports
from tools.stack.stack import Stack

LILEI = Person("lilei", CaseWords("李雷", "Li Lei"))


PATIENT = DemoDeadline(within_s=IN_TIME_S)


class Nobody:
    """An empty house."""

    def sees(self, case: Case, doing: str) -> None: ...

    def applauds(self, outcome: CaseOutcome) -> None: ...


class Watching(Nobody):
    """Somebody who knows what a case is at."""

    doing = ""

    def sees(self, case: Case, doing: str) -> None:  # noqa: ARG002 - there is one
        self.doing = doing


@dataclass(frozen=True, slots=True)
class UntilItWaits(DemoDeadline):
    """The time is up as soon as a case waits for what comes last."""

    watching: Watching = field(default_factory=Watching)

    @property
    def seconds(self) -> float:
        return 0.0 if self.watching.doing.endswith(" is completed") else IN_TIME_S


async def test_every_case_comes_out_as_the_source_document_says(stack: Stack) -> None:
    async with open_shop(stack.description) as shop:
        outcomes = await play_all(shop, CASES, Nobody(), PATIENT)
        stories = [await read_story(outcome) for outcome in outcomes]

    assert complaints(outcomes) == []
    assert [said for story in stories for said in told_in_english(story)] == []
    assert len(outcomes) == len(CASES) + 1, "the auditor comes last"


async def test_every_case_comes_out_the_same_in_english(stack: Stack) -> None:
    async with open_shop(stack.description, locale="en") as shop:
        outcomes = await play_all(shop, CASES, Nobody(), PATIENT)
        stories = [await read_story(outcome) for outcome in outcomes]

    page = io.StringIO()
    for story in stories:
        tell(story, Console(file=page, width=100), with_links=False)
    assert complaints(outcomes) == []
    assert [sign for sign in page.getvalue() if "\u4e00" <= sign <= "\u9fff"] == []


@pytest.mark.parametrize("locale", LOCALES)
async def test_a_month_passes_in_the_last_act_and_its_story_tells_the_days(stack: Stack, locale: str) -> None:
    async with open_shop(stack.description, locale=locale) as shop:
        outcomes = await play(shop, LATER, Nobody(), PATIENT)
        stories = [await read_story(outcome) for outcome in outcomes]

    page = io.StringIO()
    tell(stories[0], Console(file=page, width=100), with_links=False)
    assert complaints(outcomes) == []
    assert "+5 d" in page.getvalue() and "+7 d" in page.getvalue()
    assert locale == "en" or [said for story in stories for said in told_in_english(story)] == []


async def test_the_second_act_is_played_with_programs_that_others_wrote(
    stack: Stack, stripe_address: str, mail_port: int, tmp_path: Path
) -> None:
    doors = Doors(stripe=int(stripe_address.rpartition(":")[2]), mail=mail_port)
    async with of_python(doors, tmp_path) as parties, open_shop(stack.description) as shop:
        outcomes = await play(shop, second_act(parties), Nobody(), PATIENT)
        stories = [await read_story(outcome) for outcome in outcomes]

    assert complaints(outcomes) == []
    assert [said for story in stories for said in told_in_english(story)] == []


async def test_a_party_that_does_not_start_says_why(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "import sys; sys.exit('no such Stripe')")
    with pytest.raises(StackError, match="no such Stripe"):
        async with running(*command, port=ports.any_free(), log=tmp_path / "log"):
            pass


def test_a_party_ends_with_whoever_started_it(tmp_path: Path) -> None:
    """Also where that was killed: it is tied to the end of a pipe."""
    program = "import pathlib, time; pathlib.Path('began').touch(); time.sleep(600)"
    tied = [sys.executable, "-m", "tools.demo.parties.tied", sys.executable, "-c", program]
    told = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(tied, cwd=tmp_path, env=told, stdin=subprocess.PIPE) as process:
        eventually((tmp_path / "began").exists)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(IN_TIME_S) != 0


async def test_killing_the_worker_again_and_again_changes_no_outcome(stack: Stack) -> None:
    async with open_shop(stack.description) as shop:
        killer = WorkerKiller(lambda: stack.kill("worker"), shop)
        killing = asyncio.create_task(killer.run())
        outcomes = await play_all(shop, CASES, Nobody(), DemoDeadline(IN_TIME_S, restarts=lambda: killer.kills))
        killing.cancel()

    assert killer.kills > 0
    assert complaints(outcomes) == []


async def test_a_figure_that_is_not_the_expected_one_is_told_with_both(stack: Stack) -> None:
    async def expects_too_much(case_run: CaseRun) -> None:
        case_run.expect("the balance is 500", 400, 500)

    async with open_shop(stack.description) as shop:
        wrong, _ = await play_all(shop, [a_case(expects_too_much)], Nobody())

    assert not wrong.as_expected
    assert wrong.complaints == ["the balance is 500: expected 500, read 400"]


async def test_a_case_that_hangs_is_ended_and_says_where_it_hung(stack: Stack) -> None:
    async def waits_for_a_reviewer_who_never_comes(case_run: CaseRun) -> None:
        await case_run.customer_registers()
        order = await case_run.sold(SampleSale((Goods("coat", "Coat", 9_000_00),)))
        refund_id = await case_run.refund_asked(order, "changed_mind", "too loud")
        await case_run.reached(refund_id)

    async with open_shop(stack.description) as shop:
        until = UntilItWaits()
        hung, _ = await play_all(shop, [a_case(waits_for_a_reviewer_who_never_comes)], until.watching, until)

    assert not hung.as_expected
    assert hung.complaints == [f"the time was up while waiting until {hung.case_run.refund_ids[0]} is completed"]


async def test_a_story_names_the_customer_and_links_to_its_workflow(stack: Stack) -> None:
    async with open_shop(stack.description) as shop:
        outcomes = await play_all(shop, CASES[:1], Nobody(), PATIENT)
        story = await read_story(outcomes[0])

    page = io.StringIO()
    tell(story, Console(file=page, width=60), with_links=True)
    text = page.getvalue()
    assert "李雷  A ¥100 coupon comes back" in text
    assert "✉ 您的退款请求已审核通过" in text
    ui, refund_id = stack.description.temporal_ui_url, outcomes[0].case_run.refund_ids[0]
    assert f"{ui}/namespaces/default/workflows/refund-{refund_id}\n" in text


async def test_a_customer_of_the_demo_gets_in_by_what_is_printed(stack: Stack, http: httpx.AsyncClient) -> None:
    async with open_shop(stack.description) as shop:
        outcomes = await play_all(shop, CASES[:1], Nobody(), PATIENT)
        invited = await invitation([await read_story(outcomes[0])], stack.description.pages["customer"])

    assert invited is not None and invited.address.startswith("http://localhost:")
    browser = Browser(http, "zh-CN")
    door = await browser.open(invited.address.replace("localhost", "127.0.0.1"))
    story = await browser.send(door, "/pages/keys", order=invited.order_id, key=invited.key)
    assert "退款已完成" in story.text


def a_case(play: Callable[[CaseRun], Awaitable[None]]) -> Case:
    return Case("A case", LILEI, "Something happens.", play)


def told_in_english(story: CaseStory) -> list[str]:
    """What a customer was told with other than Chinese letters, the number of their order aside."""
    told = [message["body"] for message in story.inbox]
    for refund in story.refunds:
        told = [body.replace(refund["order_id"], "") for body in told]
    return [body for body in told if any(letter.isascii() and letter.isalpha() for letter in body)]


def complaints(outcomes: list[CaseOutcome]) -> list[str]:
    return [f"{outcome.case.title}: {complaint}" for outcome in outcomes for complaint in outcome.complaints]
