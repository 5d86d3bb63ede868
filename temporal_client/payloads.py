"""Payloads as pydantic writes and reads them.

The SDK makes a converter for each workflow that it takes up, and each of those builds anew what reads a type, which
takes a millisecond or two a type. Here all of them share one: a type is the same in every workflow.
"""

from dataclasses import replace

from temporalio.contrib.pydantic import PydanticPayloadConverter, pydantic_data_converter
from temporalio.converter import CompositePayloadConverter

_EVERY = tuple(PydanticPayloadConverter().converters.values())


class SharedPayloadConverter(CompositePayloadConverter):
    def __init__(self) -> None:
        super().__init__(*_EVERY)


DATA_CONVERTER = replace(pydantic_data_converter, payload_converter_class=SharedPayloadConverter)
