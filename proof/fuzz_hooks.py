"""What `make fuzz` tells Schemathesis, in whose environment this runs: how lines of JSON are written."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/jsonl")  # type: ignore[untyped-decorator]
def _lines(_: Any, value: str) -> bytes:
    return value.encode(errors="surrogatepass")
