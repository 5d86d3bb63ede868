"""Who hides a request in the body of another, for what is in front of us to pass it on unseen, gets no answer to it."""

import asyncio
from urllib.parse import urlsplit

import pytest

from tests.shop import IN_TIME_S
from tools.stack.stack import Stack

HEAD = b"POST /v1/identity/codes HTTP/1.1\r\nHost: makewhole\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
NOTHING = b"0\r\n\r\n"
HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: makewhole\r\nConnection: close\r\n\r\n"


async def statuses(stack: Stack, sent: bytes) -> list[int]:
    """Send these bytes on a connection of their own, and read until it is closed: the status of each answer."""
    address = urlsplit(stack.description.api_url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(sent)
    async with asyncio.timeout(IN_TIME_S):
        answered = await reader.read()
    writer.close()
    return [int(each.split()[0]) for each in answered.split(b"HTTP/1.1 ")[1:]]


async def test_what_follows_a_request_that_ends_in_one_place_is_answered(stack: Stack) -> None:
    assert await statuses(stack, HEAD + CHUNKED + b"\r\n" + NOTHING + HIDDEN) == [422, 200]


@pytest.mark.parametrize(
    "framed",
    [
        b"Content-Length: 5\r\n" + CHUNKED,
        CHUNKED + b"Content-Length: 5\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding:\r\n chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 5, 6\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length : 5\r\n",
        b"Content-Length: 5\r\nX: a\rTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: \x0bchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        CHUNKED + b"Transfer-Encoding: identity\r\n",
        CHUNKED + b"Host: elsewhere\r\n",
    ],
)
async def test_a_request_that_may_end_in_two_places_is_refused_with_all_that_follows_it(
    stack: Stack, framed: bytes
) -> None:
    assert await statuses(stack, HEAD + framed + b"\r\n" + NOTHING + HIDDEN) == [400]


@pytest.mark.parametrize("size", [b"0x0", b"-1", b"+0", b" 0", b"1\r\nab0"])
async def test_a_piece_of_a_body_whose_size_is_none_is_the_last_that_is_read(stack: Stack, size: bytes) -> None:
    assert 200 not in await statuses(stack, HEAD + CHUNKED + b"\r\n" + size + b"\r\n\r\n" + HIDDEN)
