"""A sender as a process of its own, so that it can be killed: sends what is due by e-mail, once."""

import asyncio
import sys

from db import sealing
from db.engine import open_engine
from db.sealing import Ring
from domain.delivery.channels import Channel
from tests.messages.post import Post

RING = Ring({"messages": bytes(range(32))})
"""The same in each process."""


async def main(database_url: str, smtp_url: str) -> None:
    sealing.use(RING)
    engine = open_engine(database_url)
    sender = Post(engine, engine, smtp_url).sender()
    await sender.plan_all()
    await sender.send_all(Channel.EMAIL)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
