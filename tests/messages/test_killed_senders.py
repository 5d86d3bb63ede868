"""The sender is killed in the middle: what was not handed over is sent by the next one, what was is not sent again."""

import asyncio
import sys
from pathlib import Path

import pytest

from domain.delivery.channels import Channel
from tests.messages.mail_server import Does, MailServer
from tests.messages.post import Post
from tests.shop import IN_TIME_S

REPOSITORY = Path(__file__).parents[2]


async def killed_when_the_server(post: Post, mail_server: MailServer, does: Does, database_url: str) -> None:
    mail_server.does(does)
    command = (sys.executable, "-m", "tests.messages.sender", database_url, post.smtp_url)
    process = await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY)
    await asyncio.wait_for(mail_server.met.wait(), IN_TIME_S)
    process.kill()
    await process.wait()


@pytest.mark.parametrize(
    ("does", "ended"),
    [(Does.HANGS_AT_THE_RECIPIENT, ("sent", "")), (Does.TAKES_IT_AND_HANGS, ("unknown", ""))],
)
async def test_whenever_the_sender_is_killed_one_letter_arrives(
    post: Post, mail_server: MailServer, database_url: str, does: Does, ended: tuple[str, str]
) -> None:
    await post.told(await post.customer(email="a@example.com"))
    await killed_when_the_server(post, mail_server, does, database_url)
    await post.sender().send_all(Channel.EMAIL)  # somebody has it still
    assert await post.ended() == [(None, None)]

    for _ in range(2):
        await post.goes_out()

    assert len(mail_server.letters) == 1
    assert await post.ended() == [ended]


async def test_who_is_told_to_stop_finishes_what_is_being_handed_over(post: Post, mail_server: MailServer) -> None:
    await post.told(await post.customer(email="a@example.com"))
    sender = post.sender()
    await sender.plan_all()
    mail_server.does(Does.TAKES_IT_SLOWLY)
    (keeper,) = [each for each in sender.keepers if each.name == "send_email"]

    work = asyncio.ensure_future(keeper.work())
    await asyncio.wait_for(mail_server.met.wait(), IN_TIME_S)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)

    assert await post.ended() == [("sent", "")]
