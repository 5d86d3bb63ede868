"""A line to a counterparty, on which requests and answers are lost, late or repeated: a proxy that knows no protocol.

It carries bytes, so it stands before whatever speaks TCP: a provider's HTTP as well as the server that keeps the
sandbox's books. By which words a request for money is known, the party says.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """What happens to one request, in the order in which they are asked for."""

    ANSWER_LOST = "the request is done, and the connection breaks before the answer"
    ANSWER_LATE = "the request is done, and the answer comes when nobody waits for it any more"
    REQUEST_LATE = "the request arrives when nobody waits for it any more"
    REQUEST_LOST = "the connection breaks before the request"


LATE_S = 1.5


@dataclass(slots=True)
class Line:
    """`begins` is found in a request that asks for money, `does` in what makes the other side do it.

    `struck` counts the faults that have happened, so that a test knows that they did.
    """

    host: str
    port: int
    begins: bytes
    does: bytes
    faults: deque[Fault] = field(default_factory=deque)
    struck: int = 0
    own_port: int = 0
    _open: set[asyncio.Task[None]] = field(default_factory=set)
    late: set[asyncio.Task[None]] = field(default_factory=set)
    _carried: set[asyncio.Task[None]] = field(default_factory=set)

    def meets(self, *faults: Fault) -> None:
        """Let the next requests for money meet these, one each."""
        self.faults.extend(faults)

    async def is_quiet(self) -> None:
        """Wait until whatever is late has come."""
        while self.late:
            await asyncio.wait(self.late)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either side ends it."""
        call = _Connection(self, writer, *await asyncio.open_connection(self.host, self.port))
        self._note(self._carried)
        both = [asyncio.create_task(call.there(reader)), asyncio.create_task(call.back())]
        self._open.update(both)
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            self._open.discard(task)
            task.cancel()
        call.hang_up()

    async def hang_up(self) -> None:
        """End every connection that is still open, as one whose caller keeps it for the next request."""
        for task in self._open:
            task.cancel()
        while self._carried:
            await asyncio.wait(self._carried)

    def is_late(self) -> None:
        self._note(self.late)

    def _note(self, tasks: set[asyncio.Task[None]]) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        task.add_done_callback(tasks.discard)


@dataclass(slots=True)
class _Connection:
    line: Line
    caller: asyncio.StreamWriter
    answers: asyncio.StreamReader
    party: asyncio.StreamWriter
    has_begun: bool = False
    loses: bool = False
    holds_until: float = 0.0
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def there(self, requests: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            while data := await requests.read(1 << 20):
                await self._pass_on(data)

    async def back(self) -> None:
        with suppress(ConnectionError):
            while data := await self.answers.read(1 << 20):
                self.answered.set()
                if self.loses:
                    return
                await self._wait()
                self.caller.write(data)
                await self.caller.drain()

    def hang_up(self) -> None:
        for side in (self.caller, self.party):
            side.transport.abort()

    async def _pass_on(self, data: bytes) -> None:
        self.has_begun = self.has_begun or self.line.begins in data
        fault = None
        if self.has_begun and self.line.does in data:
            self.has_begun = False
            fault = self.line.faults.popleft() if self.line.faults else None
            self.line.struck += fault is not None
        if fault is Fault.REQUEST_LOST:
            raise ConnectionResetError
        if fault is Fault.REQUEST_LATE:
            self.line.is_late()
            await asyncio.sleep(LATE_S)
        self.answered.clear()
        self.loses = self.loses or fault is Fault.ANSWER_LOST
        if fault is Fault.ANSWER_LATE:
            self.line.is_late()
            self.holds_until = asyncio.get_running_loop().time() + LATE_S
        self.party.write(data)
        await self.party.drain()
        if fault is Fault.REQUEST_LATE:
            await self.answered.wait()  # whoever asked has hung up long ago: what they asked for arrives all the same

    async def _wait(self) -> None:
        pause = self.holds_until - asyncio.get_running_loop().time()
        if pause > 0:
            await asyncio.sleep(pause)


@asynccontextmanager
async def line_to(host: str, port: int, *, begins: bytes, does: bytes = b"") -> AsyncIterator[Line]:
    """Open a line on a free port of this machine."""
    line = Line(host, port, begins, does or begins)
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    line.own_port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        await line.hang_up()
