"""What Temporal has of a workflow, with its payloads as they were before they were sealed: for proofs and tests."""

from typing import Any

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.converter import PayloadCodec


async def history_of(client: Client, workflow: WorkflowHandle[Any, Any]) -> WorkflowHistory:
    """Fetch a workflow's history in clear, for whoever has the keys."""
    history = await workflow.fetch_history()
    codec = client.data_converter.payload_codec
    assert codec is not None
    for event in history.events:
        await open_all(event, codec)
    return history


async def open_all(message: Message, codec: PayloadCodec) -> None:
    """Open every payload that is anywhere in a message."""
    if isinstance(message, Payload):
        message.CopyFrom((await codec.decode([message]))[0])
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            parts = [each for each in value.values() if isinstance(each, Message)]
        else:
            parts = [value] if isinstance(value, Message) else list(value)
        for part in parts:
            await open_all(part, codec)
