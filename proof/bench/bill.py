"""What a refund's history holds, and what Temporal bills for it, step by step.

Billed as Temporal's pricing says: 1 action for a start, an attempt of an activity, all local activities of one workflow
task together, a timer, an update, a signal, and a change of search attributes; nothing for details and summaries.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle

from tools.in_clear import history_of

_BILLED = {
    "WORKFLOW_EXECUTION_STARTED": 1,
    "ACTIVITY_TASK_STARTED": 1,
    "TIMER_STARTED": 1,
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED": 1,
    "WORKFLOW_EXECUTION_SIGNALED": 1,
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES": 1,
}
_TASK = ("WORKFLOW_TASK_SCHEDULED", "WORKFLOW_TASK_STARTED", "WORKFLOW_TASK_COMPLETED")
_CAUSES = (
    "WORKFLOW_EXECUTION_STARTED",
    "WORKFLOW_EXECUTION_SIGNALED",
    "WORKFLOW_EXECUTION_CANCEL_REQUESTED",
    "TIMER_FIRED",
    "ACTIVITY_TASK_COMPLETED",
    "ACTIVITY_TASK_FAILED",
    "ACTIVITY_TASK_TIMED_OUT",
)
"""What a workflow task begins for; an update is written down after its task."""


@dataclass(frozen=True, slots=True)
class Bill:
    """`steps` are lines of what happened, each with its events and actions, in the order of the history.

    `local` and `durable` name the activities of both kinds.
    """

    steps: tuple[tuple[str, int, int], ...]
    local: tuple[str, ...] = ()
    durable: tuple[str, ...] = ()

    @property
    def events(self) -> int:
        return sum(events for _, events, _ in self.steps)

    @property
    def actions(self) -> int:
        return sum(actions for _, _, actions in self.steps)

    def __str__(self) -> str:
        lines = [f"{events:>6} {actions:>7}  {what}" for what, events, actions in self.steps]
        return "\n".join(["events actions  step", *lines, f"{self.events:>6} {self.actions:>7}  together"])


async def bill_of(client: Client, workflow: WorkflowHandle[Any, Any]) -> Bill:
    history = [(_kind(event), event) for event in (await history_of(client, workflow)).events]
    steps: list[tuple[str, int, int]] = []
    names: dict[int, str] = {}
    has_billed_locals = False
    for kind, event in _without_what_slowness_adds(history):
        if kind == "MARKER_RECORDED":
            steps.append((_local_activity(event), 1, 0 if has_billed_locals else 1))
            has_billed_locals = True
            continue
        has_billed_locals = has_billed_locals and kind not in _TASK
        is_part = kind in _TASK[1:] or (kind.startswith("ACTIVITY_TASK") and kind != "ACTIVITY_TASK_SCHEDULED")
        _add(steps, _name(event, kind, names), _BILLED.get(kind, 0), is_new=not is_part)
    local = [_local_activity(event) for kind, event in history if kind == "MARKER_RECORDED"]
    scheduled = [event for kind, event in history if kind == "ACTIVITY_TASK_SCHEDULED"]
    durable = [event.activity_task_scheduled_event_attributes.activity_type.name for event in scheduled]
    return Bill(tuple(steps), tuple(local), tuple(durable))


def _kind(event: HistoryEvent) -> str:
    return EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")


def _without_what_slowness_adds(
    history: Sequence[tuple[str, HistoryEvent]],
) -> Iterator[tuple[str, HistoryEvent]]:
    """Leave out tasks that begin for nothing: where steps take seconds, their task is ended and goes on in another."""
    has_cause, is_going_on = False, False
    for place, (kind, event) in enumerate(history):
        has_cause = has_cause or kind in _CAUSES
        if kind == _TASK[0]:
            follows = next((each for each, _ in history[place + 1 :] if each not in _TASK), "")
            is_going_on = not has_cause and follows != "WORKFLOW_EXECUTION_UPDATE_ACCEPTED"
        has_cause = has_cause and kind != _TASK[-1]
        if not (kind.startswith("WORKFLOW_TASK") and is_going_on):
            yield kind, event


def _add(steps: list[tuple[str, int, int]], what: str, actions: int, *, is_new: bool) -> None:
    if is_new:
        steps.append((what, 1, actions))
        return
    place = max(place for place, (known, _, _) in enumerate(steps) if known == what)
    _, events, before = steps[place]
    steps[place] = what, events + 1, before + actions


def _name(event: HistoryEvent, kind: str, names: dict[int, str]) -> str:
    """Name an event by what it is about."""
    attributes: Any = getattr(event, event.WhichOneof("attributes") or "")
    if kind in _TASK:
        return "workflow task"
    if kind == "ACTIVITY_TASK_SCHEDULED":
        names[event.event_id] = f"{attributes.activity_type.name}, durable"
        return names[event.event_id]
    if kind.startswith("ACTIVITY_TASK"):
        return names[attributes.scheduled_event_id]
    if kind == "WORKFLOW_EXECUTION_UPDATE_ACCEPTED":
        return f"update {attributes.accepted_request.input.name} accepted"
    if kind == "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES":
        return f"shown: {', '.join(sorted(attributes.search_attributes.indexed_fields))}"
    if kind == "TIMER_STARTED":
        return f"timer: {json.loads(event.user_metadata.summary.data)}"
    return kind.lower().replace("_", " ")


def _local_activity(event: HistoryEvent) -> str:
    data = event.marker_recorded_event_attributes.details["data"].payloads[0].data
    return str(json.loads(data)["activity_type"])
