"""What Temporal is given is read by nobody without a key, nor in another workflow; what was plain is read still."""

import secrets
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.converter import DataConverter, WorkflowSerializationContext
from temporalio.exceptions import ApplicationError, ChildWorkflowError
from temporalio.worker import Worker

from service.vault import NotOpened
from temporal_client.payloads import PLAIN, sealed
from temporal_client.runner import workflow_runner
from temporal_client.sealed_payloads import ENCODING, place_of
from tools.in_clear import history_of

K1, K2 = {"k1": bytes(range(32))}, {"k2": bytes(range(32, 64))}
NOTE = "call Mei Lin, 138 1111 2222"


def in_workflow(keys: dict[str, bytes], workflow_id: str = "refund-1", namespace: str = "default") -> DataConverter:
    return sealed(keys).with_context(WorkflowSerializationContext(namespace, workflow_id))


async def test_a_payload_says_its_workflow_and_its_key_and_nothing_of_what_is_in_it() -> None:
    (first,), (second,) = [await in_workflow(K1).encode([NOTE]) for _ in range(2)]

    assert dict(first.metadata) == {
        "encoding": ENCODING,
        "encryption-key-id": b"k1",
        "namespace": b"default",
        "workflow-id": b"refund-1",
    }
    assert NOTE.encode() not in first.SerializeToString() and first.data != second.data
    assert await in_workflow(K1).decode([first]) == [NOTE]


@pytest.mark.parametrize("place", [("refund-2", "default"), ("refund-1", "other"), ("refund-", "default")])
async def test_a_payload_that_was_moved_to_another_workflow_is_not_opened(place: tuple[str, str]) -> None:
    payloads = await in_workflow(K1).encode([NOTE])

    with pytest.raises(NotOpened, match="is of workflow 'refund-1'"):
        await in_workflow(K1, *place).decode(payloads)


@pytest.mark.parametrize("name", ["namespace", "workflow-id", "encryption-key-id"])
async def test_a_payload_that_says_something_else_of_itself_is_not_opened(name: str) -> None:
    (payload,) = await in_workflow(K1 | K2).encode([NOTE])
    payload.metadata[name] = b"k2"

    with pytest.raises(NotOpened):
        await sealed(K1 | K2).decode([payload])


@pytest.mark.parametrize("data", [b"", b"short", b"x" * 40])
async def test_what_was_cut_or_changed_is_not_opened(data: bytes) -> None:
    (payload,) = await in_workflow(K1).encode([NOTE])

    with pytest.raises(NotOpened):
        await in_workflow(K1).decode([Payload(metadata=payload.metadata, data=data)])


async def test_what_is_sealed_for_no_workflow_is_read_in_none() -> None:
    with pytest.raises(NotOpened):
        await in_workflow(K1).decode(await sealed(K1).encode([NOTE]))


@pytest.mark.parametrize(("run", "is_read"), [("-2026-11-29T04:30:00Z", True), ("-of-another", False)])
async def test_what_a_schedule_begins_is_sealed_before_its_id_has_a_time(run: str, is_read: bool) -> None:
    payloads = await in_workflow(K1, "settlement-reports").encode([NOTE])
    begun = in_workflow(K1, f"settlement-reports{run}")

    if is_read:
        assert await begun.decode(payloads) == [NOTE]
    else:
        with pytest.raises(NotOpened):
            await begun.decode(payloads)


async def test_payloads_from_before_there_were_keys_are_read() -> None:
    assert await in_workflow(K1).decode(await PLAIN.encode([NOTE])) == [NOTE]


async def test_keys_change_while_programs_are_restarted_one_after_the_other() -> None:
    """Told of the new one, then writing with it, then without the old: at each step all can read all."""
    steps = [K1, K1 | K2, K2 | K1]
    written = [await in_workflow(keys).encode([NOTE]) for keys in steps]

    assert [payload.metadata["encryption-key-id"] for (payload,) in written] == [b"k1", b"k1", b"k2"]
    for before, after in pairwise(steps):
        for one, other in ((before, after), (after, before)):
            assert await in_workflow(other).decode(await in_workflow(one).encode([NOTE])) == [NOTE]
    assert await in_workflow(K2).decode(written[-1]) == [NOTE]
    with pytest.raises(NotOpened, match="'k1' is not among those of MAKEWHOLE_PAYLOAD_KEYS"):
        await in_workflow(K2).decode(written[0])


async def test_of_a_failure_only_the_name_of_its_type_is_left_to_read() -> None:
    failure = Failure()
    try:
        raise ApplicationError(NOTE, NOTE, type="NotUnderstood") from ValueError(NOTE)
    except ApplicationError as error:
        await in_workflow(K1).encode_failure(error, failure)
    stored = failure.SerializeToString()

    told = await in_workflow(K1).decode_failure(failure)

    assert NOTE.encode() not in stored and b"test_sealed_payloads" not in stored and b"NotUnderstood" in stored
    assert isinstance(told, ApplicationError) and isinstance(told.cause, ApplicationError)
    assert (told.message, told.details, told.cause.message) == (NOTE, (NOTE,), NOTE)


@workflow.defn
class Confides:
    """Says a note in every way in which a workflow can say anything."""

    def __init__(self) -> None:
        self._heard = ""

    @workflow.signal
    def hear(self, note: str) -> None:
        self._heard = note

    @workflow.update
    async def tell(self, note: str) -> str:
        return note

    @workflow.query
    def heard(self) -> str:
        return self._heard

    @workflow.run
    async def run(self, note: str, depth: int) -> str:
        workflow.upsert_memo({"note": note})
        workflow.set_current_details(note)
        if not depth:
            raise ApplicationError(note, note)
        await workflow.wait_condition(lambda: bool(self._heard))
        await workflow.sleep(timedelta(milliseconds=1), summary=note)
        try:
            await workflow.execute_child_workflow(
                Confides.run, args=[note, 0], id=f"{workflow.info().workflow_id}-child"
            )
        except ChildWorkflowError as error:
            raise ApplicationError(note) from error
        return note


async def confided(temporal: Client) -> tuple[WorkflowHandle[Any, Any], WorkflowFailureError]:
    queue = f"confides-{secrets.token_hex(4)}"
    async with Worker(temporal, task_queue=queue, workflows=[Confides], workflow_runner=workflow_runner()):
        handle = await temporal.start_workflow(
            Confides.run, args=[NOTE, 1], id=queue, task_queue=queue, memo={"note": NOTE}, static_summary=NOTE
        )
        assert await handle.execute_update(Confides.tell, NOTE) == NOTE
        await handle.signal(Confides.hear, NOTE)
        assert await handle.query(Confides.heard) in ("", NOTE)
        with pytest.raises(WorkflowFailureError) as failed:
            await handle.result()
        return handle, failed.value


async def test_whatever_a_workflow_is_told_and_says_lies_sealed_in_temporal(temporal: Client) -> None:
    handle, failed = await confided(temporal)
    child = temporal.get_workflow_handle(f"{handle.id}-child")

    assert isinstance(failed.cause, ApplicationError) and failed.cause.message == NOTE
    assert isinstance(failed.cause.cause, ChildWorkflowError) and isinstance(failed.cause.cause.cause, ApplicationError)
    assert failed.cause.cause.cause.details == (NOTE,)
    for each in (handle, child):
        stored = str((await each.fetch_history()).events)
        assert NOTE not in stored and "Encoded failure" in stored
        assert str((await history_of(temporal, each)).events).count(NOTE) >= 4
        assert (await (await each.describe()).memo())["note"] == NOTE
        assert NOTE not in str((await each.describe()).raw_description)
    assert await (await handle.describe()).static_summary() == NOTE


async def test_a_childs_arguments_are_the_childs(temporal: Client) -> None:
    handle, _ = await confided(temporal)
    begun = (await temporal.get_workflow_handle(f"{handle.id}-child").fetch_history()).events[0]

    (note, _) = begun.workflow_execution_started_event_attributes.input.payloads

    assert place_of(note).workflow_id == f"{handle.id}-child"
