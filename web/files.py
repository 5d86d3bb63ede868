"""Styles and scripts: read once, and named by their content, so that browsers keep them for a year."""

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent / "static"

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}


class Files:
    """The files below `web/static`; `address("pages.css")` is where one of them is."""

    def __init__(self, folder: Path = FOLDER) -> None:
        found = (each for each in sorted(folder.rglob("*")) if each.suffix in _TYPES)
        self._files = {each.relative_to(folder).as_posix(): each.read_bytes() for each in found}
        self._digests = {name: hashlib.sha256(content).hexdigest()[:16] for name, content in self._files.items()}

    def address(self, name: str) -> str:
        return f"/pages/static/{self._digests[name]}/{name}"

    async def serve(self, request: Request) -> Response:
        name, digest = request.path_params["name"], request.path_params["digest"]
        if self._digests.get(name) != digest:
            return Response(status_code=404)
        return Response(self._files[name], media_type=_TYPES[Path(name).suffix], headers=_KEPT)
