"""A machine whose loop, waits and cancellations are the SDK's own: what the quick one of the simulator must equal.

Only payloads and protobuf commands are left out. It shares what it can with `proof/simulation/machine.py`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.bridge.proto.workflow_activation import RemoveFromCache
from temporalio.converter import PayloadConverter
from temporalio.worker._interceptor import HandleSignalInput, HandleUpdateInput
from temporalio.worker._workflow_instance import (
    HandlerExecution,
    WorkflowInstanceDetails,
    _ActivityHandle,
    _ContinueAsNewError,
    _WorkflowLogicFlag,
)
from temporalio.workflow import UpdateInfo
from temporalio.workflow._context import _set_current_update_info

from proof.simulation.blank_runs import _Failures, info_of_run
from proof.simulation.machine import _NAMES, _name
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


class SdkMachine(RecordingMachine):
    """One run of a workflow, from its first task to its end or its eviction."""

    def __init__(self, class_: type, run_id: str, at_once: AtOnce | None = None) -> None:
        self._at_once = at_once
        self._made: list[Command] = []
        self._flags: list[int] = []
        asyncio._set_running_loop(LOOP)
        try:
            super().__init__(_details(class_, run_id))
        finally:
            asyncio._set_running_loop(None)

    def turn(self, turn: Turn, *, is_replay: bool = False) -> list[Command]:
        """Run one workflow task: what happened goes in, what the workflow wants comes out.

        What people say comes before everything else in one task, as in the SDK. Raises what the workflow's code
        raises by mistake, where a server would park the task.
        """
        self._made, self._flags = [], []
        self._current_completion: Any = Completion(self._made, self._flags)
        self._current_activation_error = None
        self._time_ns = int(turn.at * 1_000_000_000)
        self._is_replaying = is_replay
        self._current_history_length = turn.events
        self._current_internal_flags: Any = turn.flags
        self._single_batch_activation = False
        for job in turn.jobs:
            if isinstance(job, Begin):
                fn: Any = self._defn.run_fn
                self._workflow_input: Any = SimpleNamespace(run_fn=fn, args=[job.argument], headers={})
        said = [job for job in turn.jobs if isinstance(job, (Update, Signal))]
        happened = [job for job in turn.jobs if not isinstance(job, (Update, Signal))]
        for batch in (said, happened):
            for job in batch:
                _APPLY[type(job)](self, job)
            if batch:
                self._run_once(check_conditions=True, jobs=[_KIND[isinstance(job, Update)] for job in batch])
        return self._made

    def evict(self) -> None:
        """Forget the run, as a worker that needs the room does."""
        self._made = []
        self._current_completion = Completion(self._made, self._flags)
        self._current_activation_error = None
        self._apply_remove_from_cache(RemoveFromCache())
        self._run_once(check_conditions=False, jobs=[])

    def update(self, job: Update) -> None:
        async def handle() -> None:
            definition: Any = self._updates[job.name]
            is_accepted = False
            execution = HandlerExecution(job.name, definition.unfinished_policy, job.update_id)
            self._in_progress_updates[job.update_id] = execution
            _set_current_update_info(UpdateInfo(job.update_id, job.name))
            said = HandleUpdateInput(id=job.update_id, update=job.name, args=[job.argument], headers={})
            try:
                if definition.validator is not None and not self._is_replaying:
                    with self._as_read_only(in_query_or_validator=True):
                        self._inbound.handle_update_validator(said)
                is_accepted = True
                self._made.append(UpdateAccepted(job.update_id))
                await self._inbound.handle_update_handler(said)
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

        self.create_task(handle(), name="update")

    def signal(self, job: Signal) -> None:
        definition = self._signals[job.name]
        args = [] if job.argument is None else [job.argument]
        said = HandleSignalInput(signal=job.name, args=args, headers={})
        handling = self._run_top_level_workflow_function(self._inbound.handle_signal(said))
        self.create_task(handling, name=definition.name)

    def take_apart(self) -> None:
        """Leave it to the collector."""

    # What the workflow asks of the SDK

    def workflow_start_activity(self, activity: Any, *args: Any, **options: Any) -> Any:
        return self._schedule(activity, args[0], is_local=False, options=options)

    def workflow_start_local_activity(self, activity: Any, *args: Any, **options: Any) -> Any:
        return self._schedule(activity, args[0], is_local=True, options=options)

    def _schedule(self, do: Any, argument: Any, *, is_local: bool, options: dict[str, Any]) -> Any:
        self._assert_not_read_only("start activity")
        name = _NAMES.get(do) or _name(do)
        is_patient = options["schedule_to_close_timeout"] is None
        if self._at_once is not None and not self._in_progress_updates:
            known = self._at_once(ScheduleActivity(0, name, argument, is_local, is_patient))
            if known is not None:
                return Known(known)
        handle: _Handle

        async def run() -> Any:
            handle._started = True
            return await self._await_temporal_operation(
                handle._result_fut,
                lambda _: handle._request_cancel(),
                completed_cancellation_flag=_WorkflowLogicFlag.RAISE_ON_CANCELLING_COMPLETED_ACTIVITY,
            )

        handle = _Handle(self, run())
        self._pending_activities[handle._seq] = handle
        self._made.append(ScheduleActivity(handle._seq, name, argument, is_local, is_patient))
        return handle

    def workflow_continue_as_new(self, *args: Any, **_: Any) -> Any:
        raise _Continued(self, args[0])

    async def workflow_wait_condition(self, fn: Callable[[], bool], **options: Any) -> None:
        if options["timeout"] is not None:
            await super().workflow_wait_condition(fn, **options)
            return
        self._assert_not_read_only("wait condition")
        ready = self.create_future()
        self._conditions.append((fn, ready))
        await ready

    def _register_task(self, task: "asyncio.Task[Any]", *, name: str | None) -> None:  # noqa: ARG002
        self._assert_not_read_only("create task")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.remove)
        setattr(task, "_log_destroy_pending", False)  # noqa: B010


def new_sdk_machine(class_: type, run_id: str, at_once: AtOnce | None = None) -> SdkMachine:
    """Make one; asyncio's abstract loop has many methods that no workflow may call."""
    return SdkMachine(class_, run_id, at_once)  # type: ignore[abstract]


class _Continued(_ContinueAsNewError):
    """What the SDK raises for it, with a command that is only written down."""

    def __init__(self, machine: SdkMachine, argument: Any) -> None:
        BaseException.__init__(self, "continue as new")
        self._machine, self._argument = machine, argument

    def _apply_command(self) -> None:
        self._machine._assert_not_read_only("add command")
        self._machine._made.append(Finished("continued", self._argument))


class Completion:
    """As much of a task's completion as the SDK's loop looks at."""

    def __init__(self, made: list[Command], flags: list[int]) -> None:
        self._made = made
        self.successful = self
        self.used_internal_flags = flags

    @property
    def commands(self) -> Iterator[Any]:
        return (_ACCEPTED for command in self._made if isinstance(command, UpdateAccepted))


_ACCEPTED: Any = SimpleNamespace(update_response=SimpleNamespace(HasField=lambda _: True))


class _Handle(_ActivityHandle):
    def __init__(self, machine: SdkMachine, run: Coroutine[Any, Any, Any]) -> None:
        asyncio.Task.__init__(self, run, loop=machine)
        self._instance: SdkMachine = machine
        self._seq = machine._next_seq("activity")
        self._result_fut = machine.create_future()
        self._started = False
        self._cancel_command_seq = None
        machine._register_task(self, name="activity")

    def _request_cancel(self) -> None:
        self._instance._assert_not_read_only("cancel activity")
        if self._cancel_command_seq != self._seq:
            self._cancel_command_seq = self._seq
            self._instance._made.append(CancelActivity(self._seq))


class _ByReference(PayloadConverter):
    def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
        return [_NOTHING for _ in values]

    def from_payloads(self, payloads: Sequence[Payload], type_hints: Any = None) -> list[Any]:  # noqa: ARG002
        return list(payloads)

    def to_payload(self, value: Any) -> Payload:  # noqa: ARG002
        return _NOTHING


def _details(class_: type, run_id: str) -> WorkflowInstanceDetails:
    return WorkflowInstanceDetails(
        payload_converter_factory=_ByReference,
        failure_converter_class=_Failures,
        interceptor_classes=[],
        defn=workflow._Definition.must_from_class(class_),
        info=info_of_run(run_id),
        randomness_seed=0,
        extern_functions={},
        disable_eager_activity_execution=True,
        worker_level_failure_exception_types=[],
        patch_activation_callback=None,
        last_completion_result=_NO_RESULT,
        last_failure=None,
    )


_NOTHING = Payload()
_NO_RESULT = Payloads()
LOOP = asyncio.new_event_loop()
_KIND: Any = {
    True: SimpleNamespace(HasField=lambda name: name == "do_update"),
    False: SimpleNamespace(HasField=lambda _: False),
}
_APPLY: dict[type[Job], Callable[[SdkMachine, Any], None]] = {
    Begin: lambda machine, _: machine._apply_initialize_workflow(None),  # type: ignore[arg-type]
    Resolve: SdkMachine.resolve,
    Fire: lambda machine, job: machine._apply_fire_timer(job),
    Update: SdkMachine.update,
    Signal: SdkMachine.signal,
    CancelWorkflow: lambda machine, job: machine._apply_cancel_workflow(job),
}
