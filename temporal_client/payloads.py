"""Payloads as pydantic writes and reads them, sealed for their workflow.

The SDK makes a converter for each workflow that it takes up, and each of those builds anew what reads a type, which
takes a millisecond or two a type. Here all of them share one: a type is the same in every workflow.
"""

from collections.abc import Mapping
from dataclasses import replace

from temporalio.contrib.pydantic import PydanticPayloadConverter, pydantic_data_converter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
)

from temporal_client.sealed_payloads import SealedPayloads

_EVERY = tuple(PydanticPayloadConverter().converters.values())


class SharedPayloadConverter(CompositePayloadConverter):
    def __init__(self) -> None:
        super().__init__(*_EVERY)


PLAIN = replace(pydantic_data_converter, payload_converter_class=SharedPayloadConverter)
"""Payloads that whoever has Temporal's database reads: of histories in a file, and of tests."""


def sealed(keys: Mapping[str, bytes]) -> DataConverter:
    """Payloads under these keys, the newest first; messages and stack traces of failures are payloads as well."""
    return replace(
        PLAIN,
        payload_codec=SealedPayloads.under(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
