"""A caller who never ends what it begins keeps no connection and fills no log."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from api.server import PunctualProtocol, serving
from tests.shop import IN_TIME_S
from tools.stack.stack import Stack

HEAD = b"GET / HTTP/1.1\r\nHost: makewhole\r\n"


class Hurried(PunctualProtocol):
    head_within_s = 0.5
    taken_within_s = 0.5


async def answer_late(scope: Scope, _receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await asyncio.sleep(5 * Hurried.head_within_s)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


class Endless:
    """Answers until its caller is gone, as the events of a refund do."""

    def __init__(self) -> None:
        self.caller_is_gone = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        leaving = asyncio.create_task(self._until_gone(receive))
        while not leaving.done():
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
            await asyncio.sleep(0)

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.caller_is_gone.set()


@asynccontextmanager
async def connection(app: ASGIApp = answer_late) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    server = serving(app, "127.0.0.1", 0, protocol=Hurried)
    listening = socket.create_server(("127.0.0.1", 0))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    reader, writer = await asyncio.open_connection(*listening.getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await running


async def is_cut_off(reader: asyncio.StreamReader) -> bool:
    async with asyncio.timeout(IN_TIME_S):
        return await reader.read(1) == b""


async def test_whoever_never_ends_the_head_of_a_request_is_cut_off() -> None:
    async with connection() as (reader, writer):
        writer.write(HEAD)

        assert await is_cut_off(reader)


async def test_whoever_sends_nothing_is_cut_off() -> None:
    async with connection() as (reader, _):
        assert await is_cut_off(reader)


async def test_whoever_never_ends_the_second_head_is_cut_off_as_well() -> None:
    async with connection() as (reader, writer):
        writer.write(HEAD + b"\r\n")
        assert b"204" in await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD)

        assert await is_cut_off(reader)


async def test_one_byte_now_and_then_buys_no_time() -> None:
    async with connection() as (reader, writer):
        cut_off = asyncio.create_task(is_cut_off(reader))
        for byte in HEAD * 100:
            if cut_off.done():
                break
            writer.write(bytes([byte]))
            await asyncio.sleep(Hurried.head_within_s / 5)

        assert await cut_off


async def test_whoever_waits_for_a_late_answer_is_not_cut_off() -> None:
    async with connection() as (reader, writer):
        writer.write(HEAD + b"\r\n")

        assert b"204" in await reader.readuntil(b"\r\n\r\n")


async def test_whoever_takes_nothing_of_an_answer_without_an_end_is_cut_off() -> None:
    endless = Endless()
    async with connection(endless) as (_, writer), asyncio.timeout(IN_TIME_S):
        writer.write(HEAD + b"\r\n")

        assert await endless.caller_is_gone.wait()


async def test_a_webhook_that_is_broken_off_is_one_line_in_the_log(stack: Stack) -> None:
    log = stack.home.logs / "api.log"
    before = len(read(log))
    address = urlsplit(stack.description.api_url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    signed = b"webhook-id: w1\r\nwebhook-timestamp: 1\r\nwebhook-signature: v1,x\r\n"
    writer.write(b"POST /v1/webhooks/sandbox HTTP/1.1\r\nHost: makewhole\r\nContent-Length: 100\r\n" + signed)
    writer.write(b"\r\n{")
    await writer.drain()
    writer.close()

    written = await until_written(log, before, "broken off")
    assert "Traceback" not in written


async def until_written(log: Path, before: int, text: str) -> str:
    async with asyncio.timeout(IN_TIME_S):
        while True:
            written = read(log)[before:]
            if text in written:
                return written
            await asyncio.sleep(0.1)


def read(log: Path) -> str:
    return log.read_text()
