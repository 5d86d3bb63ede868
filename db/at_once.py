"""Many reads in one statement: what does not wait for each other is asked at once.

    async with at_once(connection) as reads:
        claimed = reads.begin(claims.live_of_order, merchant_id, order_id, currency)
        paid = reads.begin(payouts.of_order, merchant_id, order_id)
    … claimed.result(), paid.result()

Each reader is written as if it were alone, and may ask again once it is answered. Whenever all of them wait, what they
wait for goes to Postgres as one SELECT, so it is of one moment as well.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import Result, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from db.built import AnswersFilled, Filled
from db.combined import Query, answers_of

P = ParamSpec("P")
Value = TypeVar("Value")


@asynccontextmanager
async def at_once(connection: AsyncConnection) -> AsyncIterator["Reads"]:
    """Begin readers; at the end all of them are done, or the error of the one that was begun first is raised.

    A reader may do this itself: what its own readers ask for goes along with what the others ask for.
    """
    is_inner = isinstance(connection, _Questions)
    reads = Reads(connection if isinstance(connection, _Questions) else _Questions(connection), is_inner=is_inner)
    try:
        yield reads
        await reads.until_done()
    finally:
        await reads.call_off()
    for task in reads.begun:
        task.result()


class Reads:
    """Readers that were begun together."""

    def __init__(self, questions: "_Questions", *, is_inner: bool) -> None:
        self._questions = questions
        self._is_inner = is_inner
        self._left = 0
        self._is_awaited = False
        self.begun: list[asyncio.Task[Any]] = []

    def begin(
        self,
        reader: Callable[Concatenate[AsyncConnection, P], Coroutine[Any, Any, Value]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> "asyncio.Task[Value]":
        """Begin `reader(connection, …)`; its result is there once the block has ended."""
        self._left += 1
        self._questions.one_goes_on()
        connection = cast(AsyncConnection, self._questions)  # readers use `execute` and `scalar` of it, nothing else
        task = asyncio.create_task(reader(connection, *args, **kwargs))
        task.add_done_callback(self._one_ended)
        self.begun.append(task)
        return task

    def select(self, query: Query) -> "asyncio.Task[Result[Any]]":
        """Begin to read the rows of a query."""
        return self.begin(_read, query)

    def _one_ended(self, _: "asyncio.Task[Any]") -> None:
        self._left -= 1
        if self._left or not (self._is_inner and self._is_awaited):
            self._questions.one_waits()
        # Else the reader that has begun these goes on now.

    async def until_done(self) -> None:
        if not self._is_inner:
            while self._left:
                await self._questions.ask()
        elif self._left:
            self._is_awaited = True
            self._questions.one_waits()
            await asyncio.wait(self.begun)

    async def call_off(self) -> None:
        for task in self.begun:
            task.cancel()
        await asyncio.gather(*self.begun, return_exceptions=True)


async def _read(connection: AsyncConnection, query: Query) -> Result[Any]:
    result: Result[Any] = await connection.execute(query)
    return result


class _Questions(AnswersFilled):
    """Stands for the connection where several read at once: keeps what they ask until none of them goes on."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._going_on = 0
        self._all_wait = asyncio.Event()
        self._open: list[tuple[Query | Filled, asyncio.Future[Result[Any]]]] = []

    async def execute(self, query: Any) -> Result[Any]:
        """Answer a SELECT. Raises TypeError for what changes or locks rows."""
        if not isinstance(query, Select) or query._for_update_arg is not None:
            raise TypeError("only plain reads are asked at once")
        return await self.answer(query)

    async def answer(self, query: Query | Filled) -> Result[Any]:
        answer: asyncio.Future[Result[Any]] = asyncio.get_running_loop().create_future()
        self._open.append((query, answer))
        self.one_waits()
        try:
            return await answer
        except asyncio.CancelledError:
            self.one_goes_on()
            raise

    async def scalar(self, query: Any) -> Any:
        return (await self.execute(query)).scalar()

    def one_goes_on(self) -> None:
        self._going_on += 1
        self._all_wait.clear()

    def one_waits(self) -> None:
        self._going_on -= 1
        if not self._going_on:
            self._all_wait.set()

    async def ask(self) -> None:
        """Ask everything, once none of the readers goes on."""
        await self._all_wait.wait()
        asked, self._open = [each for each in self._open if not each[1].done()], []
        try:
            answers: list[Any] = await answers_of(self._connection, [query for query, _ in asked])
        except Exception as error:
            answers = [error] * len(asked)
        for (_, future), answer in zip(asked, answers, strict=True):
            self.one_goes_on()
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
