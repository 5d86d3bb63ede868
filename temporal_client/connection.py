"""How programs of makewhole reach Temporal: Temporal's own environment settings, pydantic payloads, sealed."""

import logging
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, Plugin
from temporalio.common import HeaderCodecBehavior
from temporalio.envconfig import ClientConfigProfile
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from temporal_client.payloads import sealed
from workflows.visibility import SEARCH_ATTRIBUTES

log = logging.getLogger(__name__)

_USUAL = "localhost:7233"

_SEALED = HeaderCodecBehavior.CODEC
"""Nothing of ours sends headers."""

_OF_TRACES = HeaderCodecBehavior.NO_CODEC
"""A trace's ids are dice, and say nothing of anybody. A client seals headers for no workflow, so none opens them."""


def reached() -> tuple[str, bool]:
    """Tell at which host `connect` finds Temporal, and whether by TLS."""
    config = ClientConfigProfile.load().to_client_connect_config()
    return urlsplit(f"//{config.get('target_host', _USUAL)}").hostname or "", bool(config.get("tls"))


async def connect(
    payload_keys: Mapping[str, bytes],
    *,
    lazy: bool = False,
    runtime: Runtime | None = None,
    plugins: Sequence[Plugin] = (),
) -> Client:
    """Connect as `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, … or a profile say; a lazy client connects on first use.

    runtime: what keeps the SDK's own metrics (`temporal_client/metrics.py`); without one nobody does. plugins: what
    takes part in all that this client and its workers do.
    """
    config = ClientConfigProfile.load().to_client_connect_config()
    config.setdefault("target_host", _USUAL)
    return await Client.connect(
        **config,
        data_converter=sealed(payload_keys),
        header_codec_behavior=_OF_TRACES if plugins else _SEALED,
        lazy=lazy,
        plugins=plugins,
        runtime=runtime,
    )


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
