"""A client of the stack's Temporal, as the programs are: for tools and tests that have the stack's description."""

from temporalio.client import Client

from temporal_client.payloads import sealed
from tools.stack.stack import StackDescription


async def connect(stack: StackDescription, namespace: str = "default") -> Client:
    return await Client.connect(
        stack.temporal_address,
        namespace=namespace,
        rpc_metadata=stack.temporal_credentials,
        data_converter=sealed(stack.payload_keys),
    )
