"""`python -m tools python-client` writes what of the Python client is written out of the document."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.python_client.blocking import blocking
from tools.python_client.calls import async_operations, calls
from tools.python_client.document import Json, published
from tools.python_client.models import models

HOME = Path("clients/python/makewhole_client")
BY_HAND = ("aio/__init__.py", "aio/asking.py", "aio/client.py")
"""The modules of the async half that are written by hand."""

_NOTICE = "# Written by `make client`; change the document, or the async half, instead.\n"


def main(arguments: list[str]) -> int:  # noqa: ARG001 - it has none
    """Write all of it anew, and forget what is not in the document any more."""
    written = everything(published(), Path.cwd())
    for each in (path for folder in FOLDERS for path in (HOME / folder).glob("*.py")):
        if each not in written and str(each.relative_to(HOME)) not in BY_HAND:
            each.unlink()
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"{len(written)} modules in {HOME}")
    return 0


FOLDERS = ("models", "calls", "aio/operations", "blocking", "blocking/operations")


def everything(document: Json, root: Path) -> dict[Path, str]:
    """Return the text of each module that is written, by its path."""
    texts = {HOME / "models" / f"{name}.py": text for name, text in models(document).items()}
    texts[HOME / "calls" / "__init__.py"] = '"""Every request that there is."""\n'
    texts |= {HOME / "calls" / f"{name}.py": text for name, text in calls(document).items()}
    aio = {Path("aio/operations") / f"{name}.py": text for name, text in async_operations(document).items()}
    texts |= {HOME / path: text for path, text in aio.items()}
    by_hand = {Path(each): (root / HOME / each).read_text(encoding="utf-8") for each in BY_HAND}
    for path, text in (aio | by_hand).items():
        texts[HOME / "blocking" / path.relative_to("aio")] = blocking(text)
    return formatted({path: _NOTICE + text for path, text in texts.items()}, root)


def formatted(texts: dict[Path, str], root: Path) -> dict[Path, str]:
    """Return modules as ruff writes them, without the imports that nothing needs."""
    tidy = ["check", "--quiet", "--fix-only", "--no-cache", "--select"]
    with tempfile.TemporaryDirectory() as place:
        there = Path(place)
        shutil.copy(root / "pyproject.toml", there)
        for path, text in texts.items():
            (there / path).parent.mkdir(parents=True, exist_ok=True)
            (there / path).write_text(text, encoding="utf-8")
        for each in ("__init__.py", *BY_HAND):  # so that ruff knows the package
            shutil.copy(root / HOME / each, there / HOME / each)
        for how in ([*tidy, "F401"], [*tidy, "I"], ["format", "--quiet", "--no-cache"]):
            subprocess.run([sys.executable, "-m", "ruff", *how, "."], cwd=there, check=True)
        return {path: (there / path).read_text(encoding="utf-8") for path in texts}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
