"""Starts children in batches, keeps them running, and stops them in the opposite order."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain

from tools.stack import StackError, interrupts
from tools.stack.children import Child
from tools.stack.console import Say
from tools.stack.data_dir import DataDir
from tools.stack.record import Record, stop
from tools.stack.restarter import Restarter, RestartLimits, Watch


class Supervisor:
    """One restarter thread a child. The home must be occupied by the caller."""

    def __init__(self, home: DataDir, announce: Say, patience: RestartLimits | None = None) -> None:
        self._record = Record(home)
        self._announce = announce
        self._patience = patience or RestartLimits()
        self._batches: list[list[Restarter]] = []
        self._gave_up = threading.Event()
        self._failure = ""

    def stop_leftovers(self) -> None:
        stop(self._record.leftovers(), self._announce)
        self._record.forget()

    def start(self, *children: Child) -> None:
        """Start children that belong together; those of a batch are also stopped together."""
        watch = Watch(self._announce, self._record, self._give_up)
        batch = [Restarter(child, watch, self._patience) for child in children]
        self._batches.append(batch)
        for restarter in batch:
            restarter.start()

    def wait_until(self, is_so: Callable[[], bool], what: str, within_s: float) -> None:
        """Return once the question is answered with yes; raise `StackError` when a child is hopeless or time is up."""
        deadline = time.monotonic() + within_s
        while not is_so():
            if self._gave_up.wait(0.05):
                raise StackError(self._failure)
            if time.monotonic() > deadline:
                raise StackError(f"{what} is not ready after {within_s:.0f} s")

    def wait(self) -> None:
        """Block until a child turns out to be hopeless, and raise `StackError` then."""
        self._gave_up.wait()
        raise StackError(self._failure)

    @property
    def children(self) -> tuple[str, ...]:
        return tuple(keeper.child.name for keeper in chain.from_iterable(self._batches))

    def kill(self, name: str) -> None:
        """Send SIGKILL to a child; its restarter restarts it."""
        self._keeper(name).kill()

    @contextmanager
    def held(self, *names: str) -> Iterator[None]:
        """Kill these children and keep them away for the length of a `with`."""
        keepers = [self._keeper(name) for name in names]
        try:
            for keeper in keepers:
                keeper.hold()
            yield
        finally:
            for keeper in keepers:
                keeper.let_go()

    def restarts(self, name: str) -> int:
        return self._keeper(name).restarts

    def stop(self) -> None:
        """Stop everything, the last batch first; a second Ctrl-C meanwhile changes nothing."""
        with interrupts.held_off():
            for batch in reversed(self._batches):
                for restarter in batch:
                    restarter.begin_stop()
                for restarter in batch:
                    restarter.finish_stop()
            self._batches.clear()

    def _keeper(self, name: str) -> Restarter:
        for restarter in chain.from_iterable(self._batches):
            if restarter.child.name == name:
                return restarter
        raise StackError(f"the stack runs no child called {name}")

    def _give_up(self, failure: str) -> None:
        self._failure = failure
        self._gave_up.set()
