"""Drives a real workflow class without a server; only this, `blank_runs.py` and `recording.py` use its privates.

The workflow's code, its tasks and futures and how a run ends are asyncio's and the SDK's own. Its loop, the waits for
conditions and activities, and updates and signals are written again here, shorter and in the SDK's order. Left out is
what costs time and decides nothing: payloads, protobuf commands, search attributes, context variables, interceptors.
Objects are handed over by reference.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

from temporalio import activity, workflow
from temporalio.bridge.proto.workflow_activation import RemoveFromCache
from temporalio.worker._workflow_instance import (
    _ActivityHandle,
    _WorkflowLogicFlag,
)
from temporalio.workflow import UpdateInfo
from temporalio.workflow._context import _Runtime, _set_current_update_info

from proof.simulation.blank_runs import AS_NEW, as_new, info_of_run
from proof.simulation.moves import (
    Begin,
    CancelActivity,
    CancelWorkflow,
    Command,
    Finished,
    Fire,
    Job,
    Resolve,
    ScheduleActivity,
    Signal,
    Turn,
    Update,
    UpdateAccepted,
    UpdateAnswered,
    UpdateRefused,
)
from proof.simulation.recording import RecordingMachine
from proof.simulation.stand_ins import AtOnce, Known


class _Continued(BaseException):
    """The workflow goes on in another run, which begins with this argument."""

    def __init__(self, argument: Any) -> None:
        self.argument = argument


class Machine(RecordingMachine):
    """One run of a workflow, from its first task to its end or its eviction."""

    def __init__(self, class_: type, run_id: str, at_once: AtOnce | None = None) -> None:
        """Begin as a copy of a machine that the SDK has set up, with containers of its own."""
        own, (shared, containers) = vars(self), AS_NEW.get(class_) or as_new(class_)
        own.update(shared)
        for name, container in containers:
            own[name] = container.copy()
        own["__temporal_workflow_runtime"] = self
        self._info = info_of_run(run_id)
        self._tasks: Any = []  # those that are over stay in it: to cancel them does nothing
        self._ready: Any
        self._at_once = at_once
        self._made: list[Command] = []
        self._flags: list[int] = []

    def turn(self, turn: Turn, *, is_replay: bool = False) -> list[Command]:
        """Run one workflow task: what happened goes in, what the workflow wants comes out.

        What people say comes before everything else in one task, as in the SDK. Raises what the workflow's code
        raises by mistake, where a server would park the task.
        """
        self._made, self._flags = [], []
        self._current_activation_error = None
        self._time_ns = int(turn.at * 1_000_000_000)
        self._is_replaying = is_replay
        self._current_history_length = turn.events
        self._current_internal_flags: Any = turn.flags
        is_more_than_updates = False
        for job in turn.jobs:
            if type(job) is not Update:
                is_more_than_updates = True
                if type(job) is Begin:
                    self._workflow_input: Any = SimpleNamespace(args=[job.argument])
        for batch in (turn.jobs,) if len(turn.jobs) == 1 else _said_and_happened(turn.jobs):
            for job in batch:
                _APPLY[type(job)](self, job)
            if batch:
                self._run_ready(checks_conditions=is_more_than_updates)
        return self._made

    def _run_ready(self, *, checks_conditions: bool | None) -> None:
        """Run all that is ready, then look at the conditions, until nothing is ready any more, as the SDK does.

        Where updates are all that came (False), conditions are looked at only if one was accepted; None is never.
        """
        ready = self._ready
        outer = asyncio._get_running_loop()  # one that runs an activity in which this one is told something
        asyncio._set_running_loop(self)
        try:
            if not self._object and not self._deleting:
                self._object = self._instantiate_workflow_object()
            while ready:
                while ready:
                    try:
                        ready.popleft()()
                    except (SystemExit, KeyboardInterrupt):
                        raise
                    except BaseException as error:
                        self.call_exception_handler({"message": "Exception in callback", "exception": error})
                    if self._current_activation_error and not self._deleting:
                        raise self._current_activation_error
                if self._conditions and (
                    checks_conditions
                    or (checks_conditions is False and any(type(each) is UpdateAccepted for each in self._made))
                ):
                    self._conditions[:] = [
                        (fn, future)
                        for fn, future in self._conditions
                        if not future.done() and not self._check_condition(fn, future)
                    ]
        finally:
            asyncio._set_running_loop(outer)

    def evict(self) -> None:
        """Forget the run, as a worker that needs the room does."""
        self._made = []
        self._current_activation_error = None
        self._apply_remove_from_cache(RemoveFromCache())
        self._run_ready(checks_conditions=None)

    def take_apart(self) -> None:
        """Cut the circles in which a machine that is not needed any more holds itself; collecting them costs more."""
        self._deleting = True
        self._object = self._primary_task = self._at_once = self._current_activation_error = None
        for held in (self._tasks, self._conditions, self._pending_activities, self._pending_timers):
            held.clear()
        _Runtime.set_on_loop(self, None)

    # What happens to the workflow

    def begin(self, job: Begin) -> None:
        async def run() -> None:
            try:
                await self._defn.run_fn(self._object, job.argument)
            except _Continued as continued:
                self._made.append(Finished("continued", continued.argument))
                return
            except Exception:
                if self._deleting:
                    return
                raise
            self._assert_not_read_only("add command")
            self._made.append(Finished("completed"))

        self._primary_task = self.create_task(self._run_top_level_workflow_function(run()))

    def fire(self, job: Fire) -> None:
        """A timer that was cancelled earlier in the same task is not there any more."""
        handle = self._pending_timers.pop(job.seq, None)
        if handle is not None:
            self._ready.append(handle._run)

    def update(self, job: Update) -> None:
        async def handle() -> None:
            definition: Any = self._updates[job.name]
            is_accepted = False
            self._in_progress_updates[job.update_id] = _IN_PROGRESS
            _set_current_update_info(UpdateInfo(job.update_id, job.name))  # handlers ask for it before they wait
            try:
                if definition.validator is not None and not self._is_replaying:
                    self._read_only = self._in_query_or_validator = True
                    try:
                        definition.validator(self._object, job.argument)
                    finally:
                        self._read_only = self._in_query_or_validator = False
                is_accepted = True
                self._made.append(UpdateAccepted(job.update_id))
                await definition.fn(self._object, job.argument)
                self._made.append(UpdateAnswered(job.update_id))
            except (Exception, asyncio.CancelledError) as error:
                if self._deleting:
                    return
                if is_accepted and not self.workflow_is_failure_exception(error):
                    self._current_activation_error = error if isinstance(error, Exception) else RuntimeError(str(error))
                    return
                self._made.append(UpdateRefused(job.update_id, str(error), is_accepted))
            finally:
                self._in_progress_updates.pop(job.update_id, None)

        self.create_task(handle())

    def signal(self, job: Signal) -> None:
        async def handle() -> None:
            said = () if job.argument is None else (job.argument,)
            running = self._signals[job.name].fn(self._object, *said)
            if running is not None:
                await running

        self.create_task(self._run_top_level_workflow_function(handle()))

    # What the workflow asks of the SDK

    def workflow_start_activity(self, activity: Any, *args: Any, **options: Any) -> Any:
        return self.schedule(activity, args[0], is_local=False, is_patient=options["schedule_to_close_timeout"] is None)

    def workflow_start_local_activity(self, activity: Any, *args: Any, **options: Any) -> Any:
        return self.schedule(activity, args[0], is_local=True, is_patient=options["schedule_to_close_timeout"] is None)

    def schedule(self, do: Any, argument: Any, *, is_local: bool, is_patient: bool) -> Any:
        if self._read_only or self._deleting:
            self._assert_not_read_only("start activity")
        name = _NAMES.get(do) or _name(do)
        if self._at_once is not None and not self._in_progress_updates:
            known = self._at_once(ScheduleActivity(0, name, argument, is_local, is_patient))
            if known is not None:
                return Known(known)
        handle = _Handle(self)
        self._pending_activities[handle._seq] = handle
        self._made.append(ScheduleActivity(handle._seq, name, argument, is_local, is_patient))
        return handle

    def workflow_info(self) -> workflow.Info:
        return self._info

    def workflow_continue_as_new(self, *args: Any, **_: Any) -> Any:
        raise _Continued(args[0])

    async def workflow_wait_condition(self, fn: Callable[[], bool], **options: Any) -> None:
        if self._read_only or self._deleting:
            self._assert_not_read_only("wait condition")
        ready = self.create_future()
        self._conditions.append((fn, ready))
        if options["timeout"] is None:
            await ready
        else:
            await asyncio.wait_for(ready, options["timeout"])

    # What asyncio asks of its loop

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:  # type: ignore[override]
        """Contexts are left out: the workflow has no variables in them."""
        if self._read_only:
            self._assert_not_read_only("schedule task", allow_during_delete=True)
        self._ready.append(partial(callback, *args) if args else callback)

    def create_future(self) -> "asyncio.Future[Any]":
        return _Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Any = None) -> "asyncio.Task[Any]":
        task = asyncio.Task(coro, loop=self)
        self._register_task(task, name=name)
        return task

    def _register_task(self, task: "asyncio.Task[Any]", *, name: str | None) -> None:
        if self._read_only or self._deleting:
            self._assert_not_read_only("create task")
        self._tasks.append(task)
        task._log_destroy_pending = False  # type: ignore[attr-defined]


def new_machine(class_: type, run_id: str, at_once: AtOnce | None = None) -> Machine:
    """Make a machine; asyncio's abstract loop has many methods that no workflow may call."""
    return Machine(class_, run_id, at_once)  # type: ignore[abstract]


class _Handle(_ActivityHandle):
    def __init__(self, machine: Machine) -> None:
        asyncio.Task.__init__(self, self._run(), loop=machine)
        self._instance: Machine = machine
        self._seq = machine._next_seq("activity")
        self._result_fut = machine.create_future()
        self._started = False
        self._cancel_command_seq = None
        machine._register_task(self, name="activity")

    async def _run(self) -> Any:
        """As the SDK's `_await_temporal_operation` with its shield."""
        self._started = True
        machine, result = self._instance, self._result_fut
        while True:
            try:
                waiter = machine.create_future()
                release = partial(_release, waiter)
                result.add_done_callback(release)
                try:
                    await waiter
                finally:
                    result.remove_done_callback(release)
                return result.result()
            except asyncio.CancelledError:
                if result.done() and (not machine._is_replaying or _RAISE_WHEN_DONE in machine._current_internal_flags):
                    machine._flags.append(_RAISE_WHEN_DONE)
                    raise
                self._request_cancel()
                self.uncancel()

    def _request_cancel(self) -> None:
        self._instance._assert_not_read_only("cancel activity")
        if self._cancel_command_seq != self._seq:
            self._cancel_command_seq = self._seq
            self._instance._made.append(CancelActivity(self._seq))


def _name(do: Any) -> str:
    name = _NAMES[do] = activity._Definition.must_from_callable(do).name or ""
    return name


def _said_and_happened(jobs: Sequence[Job]) -> tuple[Sequence[Job], Sequence[Job]]:
    said = [job for job in jobs if isinstance(job, (Update, Signal))]
    happened = [job for job in jobs if not isinstance(job, (Update, Signal))]
    return said, happened


def _release(waiter: "asyncio.Future[None]", _: "asyncio.Future[Any]") -> None:
    if not waiter.done():
        waiter.set_result(None)


_Future = asyncio.Future
_RAISE_WHEN_DONE = _WorkflowLogicFlag.RAISE_ON_CANCELLING_COMPLETED_ACTIVITY
_IN_PROGRESS: Any = object()
_NAMES: dict[Any, str] = {}
_APPLY: dict[type[Job], Callable[[Machine, Any], None]] = {
    Begin: Machine.begin,
    Resolve: Machine.resolve,
    Fire: Machine.fire,
    Update: Machine.update,
    Signal: Machine.signal,
    CancelWorkflow: lambda machine, job: machine._apply_cancel_workflow(job),
}
