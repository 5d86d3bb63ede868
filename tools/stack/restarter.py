"""Keeps one child running: starts it, waits for its end, starts it again, until told to stop or it is hopeless."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tools.stack.children import Child
from tools.stack.console import Say
from tools.stack.record import Record


@dataclass(frozen=True, slots=True)
class RestartLimits:
    """How often a child may fail in a row, and how long everybody waits.

    A run shorter than `steady_s` that ends by itself is a failed start. The pause before the next start doubles from
    `first_pause_s` to `longest_pause_s`. `grace_s` is what a child has to follow each signal to stop.
    """

    starts: int = 10
    steady_s: float = 10.0
    first_pause_s: float = 0.2
    longest_pause_s: float = 3.0
    grace_s: float = 15.0


@dataclass(frozen=True, slots=True)
class Watch:
    """Those a keeper reports to: the console, the record of running processes, and who ends the stack."""

    announce: Say
    record: Record
    give_up: Callable[[str], None]


class Restarter(threading.Thread):
    """The thread of one child; `restarts` counts the starts after the first."""

    def __init__(self, child: Child, watch: Watch, patience: RestartLimits) -> None:
        super().__init__(name=f"keeper of {child.name}", daemon=True)
        self.child = child
        self.restarts = 0
        self._watch = watch
        self._patience = patience
        self._failures = 0
        self._stopping = threading.Event()
        self._may_run = threading.Event()
        self._may_run.set()
        self._gate = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._run_once()
        except Exception as error:  # a child that cannot even be spawned
            self._watch.give_up(f"{self.child.name} cannot be started: {error}")

    def kill(self) -> None:
        """Send SIGKILL to the child and whatever it started; it will be restarted."""
        self._send(signal.SIGKILL)

    def hold(self) -> None:
        """Send SIGKILL to the child, wait until it is gone, and start it again only when it is let go."""
        with self._gate:
            self._may_run.clear()
        self._send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def let_go(self) -> None:
        self._may_run.set()

    def begin_stop(self) -> None:
        with self._gate:
            self._stopping.set()
        self._may_run.set()
        self._send(self.child.stop_signals[0])

    def finish_stop(self) -> None:
        """Wait for the child's end, more firmly each time; bounded."""
        if self.ident is None:  # interrupted before it was started
            return
        for next_signal in (*self.child.stop_signals[1:], signal.SIGKILL):
            self.join(self._patience.grace_s)
            if not self.is_alive():
                return
            self._send(next_signal)
        self.join(self._patience.grace_s)

    def _run_once(self) -> None:
        self._may_run.wait()
        self.child.before_start()
        process = self._spawn()
        if process is None:
            return
        began = time.monotonic()
        code = self._attend(process)
        if not self._stopping.is_set():
            self._judge(code, time.monotonic() - began)

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        with self._gate:
            if self._stopping.is_set() or not self._may_run.is_set():
                return None
            self._process = process = self.child.spawn()
        self._watch.record.add(self.child.name, process.pid, self.child.stop_signals[0])
        return process

    def _attend(self, process: subprocess.Popen[bytes]) -> int:
        reader = threading.Thread(target=self._pass_on_lines, args=(process,), daemon=True)
        reader.start()
        code = process.wait()
        _kill_group(process.pid)  # what the child may have started does not outlive it
        reader.join(timeout=1.0)
        self._watch.record.remove(self.child.name)
        return code

    def _pass_on_lines(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is None or self.child.show is None:
            return
        with process.stdout, self.child.log.open("ab", buffering=0) as log:
            for line in process.stdout:
                log.write(line)
                self.child.show(f"{self.child.name:>9} | {line.decode(errors='replace').rstrip()}")

    def _judge(self, code: int, lasted_s: float) -> None:
        """Decide whether the child deserves another start; who was killed from outside always does."""
        is_failed_start = lasted_s < self._patience.steady_s and code != -signal.SIGKILL
        self._failures = self._failures + 1 if is_failed_start else 0
        if self._failures >= self._patience.starts:
            self._stopping.set()
            self._watch.give_up(self._hopeless(code))
            return
        self._watch.announce(f"{self.child.name} died ({_cause(code)}), restarting")
        self.restarts += 1
        pause_s = self._patience.first_pause_s * 2 ** max(0, self._failures - 1)
        self._stopping.wait(min(pause_s, self._patience.longest_pause_s))

    def _hopeless(self, code: int) -> str:
        return (
            f"{self.child.name} failed {self._failures} times in a row, last with {_cause(code)}. "
            f"The end of {self.child.log}:\n{self.child.last_words()}"
        )

    def _send(self, number: signal.Signals) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        if number is signal.SIGKILL:
            _kill_group(process.pid)
        else:
            process.send_signal(number)


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _cause(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
