"""`make env`: the file `.env` that docker-compose.yml reads, every secret in it random and made for it alone.

Needs nothing but Python: who runs makewhole in containers has nothing of it installed.
"""

import base64
import os
import re
import secrets
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
_LINE = re.compile(r"([A-Z_]+)=(.*)")


def complete(text: str, example: str) -> str:
    """Return a `.env` with what it lacks: what is set there stays, what the example has stands at its end."""
    known = {found[1] for line in text.splitlines() if (found := _LINE.fullmatch(line)) and found[2]}
    kept = [line for line in text.splitlines() if not (found := _LINE.fullmatch(line)) or found[1] in known]
    lacking = [] if kept else [line for line in example.splitlines() if line.startswith("#")]
    wanted = [found for found in _LINE.finditer(example) if found[1] not in known]
    lacking += [f"{found[1]}={found[2] or _secret(found[1])}" for found in wanted]
    return "\n".join([*kept, *lacking, ""])


def _secret(name: str) -> str:
    if name.endswith(("_PASSWORD", "_TOKEN")):
        return secrets.token_hex(24)
    random = base64.b64encode(secrets.token_bytes(32)).decode()
    return f"k1:{random}" if name.endswith("_KEYS") else f"whsec_{random}"


def main(directory: Path = REPOSITORY) -> int:
    """Complete the file; it is readable by its owner only."""
    path = directory / ".env"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = complete(before, (REPOSITORY / ".env.example").read_text(encoding="utf-8"))
    if after != before:
        draft = path.with_name(".env.new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(after)
        draft.replace(path)
    print(f"{path} has {'all it needs' if after == before else 'secrets of its own now: keep a copy of it'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
