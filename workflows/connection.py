"""How programs of makewhole reach Temporal: Temporal's own environment settings, pydantic payloads."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, Interceptor, OutboundInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfigProfile
from temporalio.service import RPCError, RPCStatusCode

from workflows.visibility import SEARCH_ATTRIBUTES

log = logging.getLogger(__name__)


async def connect(*, lazy: bool = False) -> Client:
    """Connect as `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, … or a profile say; a lazy client connects on first use.

    Calls of a client raise RPCError with `UNAVAILABLE` also while no server was ever there.
    """
    config = ClientConfigProfile.load().to_client_connect_config()
    config.setdefault("target_host", "localhost:7233")
    return await Client.connect(
        **config, data_converter=pydantic_data_converter, interceptors=[NotThereYet()], lazy=lazy
    )


class NotThereYet(Interceptor):
    """A server that was never reached is to callers as one that has gone away; the SDK raises a bare RuntimeError."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Calls(next)


def _told_as_unavailable(call: str) -> Callable[[OutboundInterceptor, Any], Awaitable[Any]]:
    async def called(self: OutboundInterceptor, given: Any) -> Any:
        try:
            return await getattr(self.next, call)(given)
        except RuntimeError as never_reached:
            raise RPCError(str(never_reached), RPCStatusCode.UNAVAILABLE, b"") from never_reached

    return called


class _Calls(OutboundInterceptor):
    """The calls that makewhole makes."""


for _call in (
    "start_workflow",
    "describe_workflow",
    "signal_workflow",
    "terminate_workflow",
    "start_workflow_update",
    "start_update_with_start_workflow",
):
    setattr(_Calls, _call, _told_as_unavailable(_call))


async def register_search_attributes(client: Client) -> None:
    """Make sure the namespace knows our search attributes; where we may not, say what to run instead.

    One by one: a namespace that knows those of an earlier version is to know the new ones too.
    """
    for key in SEARCH_ATTRIBUTES:
        kind = IndexedValueType.ValueType(key.indexed_value_type)
        request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes={key.name: kind})
        try:
            await client.operator_service.add_search_attributes(request)
        except RPCError as refused:
            if refused.status is not RPCStatusCode.ALREADY_EXISTS:
                log.warning("could not register search attribute %s (%s): see docs/containers.md", key.name, refused)
