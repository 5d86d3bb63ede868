"""A browser without scripts, as the tests drive one: cookies, links, and forms as they stand on the page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

Files = Sequence[tuple[str, bytes]]

PLAIN = "application/x-www-form-urlencoded"
WITH_FILES = "multipart/form-data"

_KEEPS = re.compile(r"([^=;]+)=([^;]*)(.*)", re.DOTALL)


@dataclass
class FormOnPage:
    action: str
    method: str
    kind: str
    fields: dict[str, str] = field(default_factory=dict)
    chooses: str = ""
    """The field in which files are chosen, where there is one."""


class Seen(HTMLParser):
    """A page, read as a browser reads it."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.address = str(answer.url)
        self.status = answer.status_code
        self.headers = answer.headers
        self.html = answer.text
        self.forms: list[FormOnPage] = []
        self.links: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.language = ""
        self._link = self._textarea = self._select = self._option = ""
        self.feed(self.html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def form(self, action: str) -> FormOnPage:
        """Find the form that goes to an address, without its query."""
        return next(each for each in self.forms if urlsplit(each.action).path == action)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.tags.append((tag, said))
        if tag == "html":
            self.language = said["lang"]
        if tag == "a":
            self._link = said["href"]
        if tag == "form":
            self.forms.append(FormOnPage(said.get("action", ""), said.get("method", "get"), said.get("enctype", PLAIN)))
        if tag == "input" and said.get("type") == "file":
            self.forms[-1].chooses = said["name"]
        elif tag == "input" and (said.get("type") not in ("radio", "checkbox") or "checked" in said):
            self.forms[-1].fields[said["name"]] = said.get("value", "")
        if tag == "select":
            self._select = said["name"]
        if tag == "option":
            self._chosen(said.get("value"), is_selected="selected" in said)
        if tag == "textarea":
            self._textarea = said["name"]
            self.forms[-1].fields[self._textarea] = ""

    def handle_endtag(self, tag: str) -> None:
        self._link = "" if tag == "a" else self._link
        self._textarea = "" if tag == "textarea" else self._textarea
        self._option = "" if tag == "option" else self._option

    def _chosen(self, value: str | None, *, is_selected: bool) -> None:
        """Of a list the first is chosen, or the one that is selected; what has no value says its text."""
        fields = self.forms[-1].fields
        if self._select in fields and not is_selected:
            return
        fields[self._select] = value or ""
        self._option = self._select if value is None else ""

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._option:
            self.forms[-1].fields[self._option] += data
        if self._textarea:
            self.forms[-1].fields[self._textarea] += data.removeprefix("\n")
        if self._link:
            self.links[" ".join(data.split())] = self._link


class Browser:
    """Somebody's browser: it keeps cookies, and follows where it is sent."""

    def __init__(self, http: httpx.AsyncClient, language: str = "en") -> None:
        self._http = http
        self._language = language
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []

    async def open(self, address: str) -> Seen:
        return await self._ask("GET", address)

    async def send(self, seen: Seen, action: str, **typed: str) -> Seen:
        """Send a form of the page, filled as it stands and with what is typed."""
        form = seen.form(action)
        if form.kind == WITH_FILES:
            return await self.send_files(seen, action, [], **typed)
        said = {**form.fields, **typed}
        if form.method == "post":
            return await self._ask("POST", urljoin(seen.address, form.action), said)
        return await self._ask("GET", str(httpx.URL(urljoin(seen.address, form.action), params=said)))

    async def send_files(self, seen: Seen, action: str, files: Files, **typed: str) -> Seen:
        """Send a form that takes files, with some of them or none. files: their names and contents."""
        form = seen.form(action)
        assert form.kind == WITH_FILES, "this form takes no files"
        body, kind = _in_parts({**form.fields, **typed}, form.chooses, files)
        return await self._ask("POST", urljoin(seen.address, form.action), body, {"Content-Type": kind})

    async def post(self, address: str, said: dict[str, str], **headers: str) -> Seen:
        """Post whatever one likes, as another's page would."""
        return await self._ask("POST", address, said, headers)

    async def _ask(
        self,
        method: str,
        address: str,
        said: dict[str, str] | bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Seen:
        sent = {"Accept-Language": self._language, "Sec-Fetch-Site": "same-origin", **(headers or {})}
        sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body: Any = {"content": said} if isinstance(said, bytes) else {"data": said}
        answer = await self._http.request(method, address, **body, headers=sent)
        self._keep(answer)
        if answer.status_code == 303:
            return await self._ask("GET", urljoin(str(answer.url), answer.headers["location"]))
        return Seen(answer)

    def _keep(self, answer: httpx.Response) -> None:
        for each in answer.headers.get_list("set-cookie"):
            self.set_cookies.append(each)
            match = _KEEPS.match(each)
            assert match is not None
            name, value, rest = match.groups()
            if "max-age=0" in rest.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


def _in_parts(said: dict[str, str], chooses: str, files: Files) -> tuple[bytes, str]:
    """Write a form as browsers do: where no file was chosen, there is one without a name."""
    edge = "----as-a-browser-cuts-it"
    parts = [f'name="{name}"\r\n\r\n'.encode() + value.encode() for name, value in said.items()]
    for name, content in files or [("", b"")]:
        kind = f'name="{chooses}"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        parts.append(kind.encode() + content)
    begun = f"--{edge}\r\nContent-Disposition: form-data; ".encode()
    body = b"".join(begun + part + b"\r\n" for part in parts) + f"--{edge}--\r\n".encode()
    return body, f"{WITH_FILES}; boundary={edge}"
