"""What `make fuzz` tells Schemathesis, in whose environment this runs: how lines of JSON are written."""

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/jsonl")  # type: ignore[untyped-decorator]
def _lines(_: Any, value: Any) -> bytes:
    """What is meant to be wrong may be no text."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode(errors="surrogatepass")
