"""Coroutines run to their end from synchronous code, whether or not an event loop already runs here."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_in_thread(work: Callable[[], Result]) -> Result:
    """Do blocking work in a thread that has no running event loop; return what it returns."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(work).result()


def run_coroutine_in_thread(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run a coroutine as `asyncio.run` does, also from inside a running loop."""
    return run_in_thread(lambda: asyncio.run(work()))
