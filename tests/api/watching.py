"""Every answer that a test gets is held against the published document: no code comes that it does not promise."""

import re

import httpx

from tests.api.published import Operation, as_made, operations

_ANYTHING = "[^/]+"


class Watch:
    """Remembers the answers that the document does not know."""

    def __init__(self) -> None:
        self._operations = [(_pattern(each), each) for each in operations(as_made())]
        self.surprises: list[str] = []

    async def __call__(self, answer: httpx.Response) -> None:
        if answer.status_code < 400 or (operation := self._of(answer.request)) is None:
            return
        await answer.aread()
        is_problem = answer.headers.get("content-type") == "application/problem+json"
        code = answer.json()["code"] if is_problem else str(answer.status_code)
        is_promised = code in operation.codes or (not is_problem and code in operation.spec["responses"])
        if not is_promised:
            self.surprises.append(f"{operation.name} {answer.status_code} {code}")

    def _of(self, request: httpx.Request) -> Operation | None:
        path = request.url.raw_path.decode().split("?")[0]
        found = [each for pattern, each in self._operations if each.method == request.method and pattern.match(path)]
        return min(found, key=lambda each: each.path.count("{"), default=None)


def _pattern(operation: Operation) -> re.Pattern[str]:
    return re.compile("^" + re.sub(r"\\{[^}]*\\}", _ANYTHING, re.escape(operation.path)) + "$")
