"""A page: a template, filled with what the API answered, in the visitor's language."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from web import visitors
from web.calling import Api, AsVisitor
from web.files import Files
from web.qr import as_qr
from web.security import OF_PAGES
from web.texts import PageTexts, load_texts, preferred
from web.visitors import Visitor
from web.written import Writing

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: who asks, in which language, and the API as it answers them."""

    request: Request
    visitor: Visitor
    api: AsVisitor
    t: PageTexts

    def check_form(self, said: str) -> None:
        """Let a form of ours in; raises NotOurForm. said: the form's token; htmx may send it in a header instead."""
        visitors.check_form(self.request, self.visitor, said or self.request.headers.get(visitors.TOKEN_HEADER, ""))


class Pages:
    """What all pages are made with; built once."""

    def __init__(self, api: Api) -> None:
        self.files = Files()
        self.texts = load_texts()
        self._api = api
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["file"] = self.files.address
        self._templates.filters["qr"] = as_qr
        self._templates.filters["as_json"] = _as_json
        self._templates.filters["piece"] = _piece

    def visit(self, request: Request, visitor: Visitor) -> Visit:
        return Visit(request, visitor, self._api.as_visitor(request, visitor.key), self._language(request))

    def show(
        self,
        visit: Visit,
        template: str,
        *,
        status: int = 200,
        time_zone: str = "UTC",
        headers: Mapping[str, str] | None = None,
        **filled: object,
    ) -> Response:
        """Fill a template. It knows `t`, `shown`, `form_token`, `languages` and `here` besides what it is given."""
        html = self._templates.get_template(template).render(
            t=visit.t,
            shown=Writing(visit.t.language, time_zone),
            form_token=visit.visitor.form_token,
            languages=self._languages(visit.request),
            here=visit.request.url.path,
            is_signed_in=bool(visit.visitor.key),
            **filled,
        )
        answer = HTMLResponse(
            html, status, headers={**OF_PAGES, "Content-Language": visit.t.language, **(headers or {})}
        )
        return self._remember(visit.request, answer)

    def go_to(self, visit: Visit, address: str) -> Response:
        """Send on to another page, which is then read, whatever was sent here; of a part of a page, the whole page."""
        if visit.request.headers.get("hx-request"):
            return self._remember(visit.request, Response(headers={**OF_PAGES, "HX-Redirect": address}))
        return self._remember(visit.request, RedirectResponse(address, 303, headers=dict(OF_PAGES)))

    def _language(self, request: Request) -> PageTexts:
        for asked in (request.query_params.get("lang", ""), visitors.cookie(request, visitors.LANGUAGE)):
            if asked in self.texts:
                return self.texts[asked]
        return preferred(request.headers.get("accept-language", ""), self.texts)

    def _remember(self, request: Request, answer: Response) -> Response:
        if hasattr(request.state, "new_browser"):
            visitors.remember(answer, visitors.BROWSER, request.state.new_browser)
        if (asked := request.query_params.get("lang", "")) in self.texts:
            visitors.remember(answer, visitors.LANGUAGE, asked, visitors.YEAR_S)
        return answer

    def _languages(self, request: Request) -> list[tuple[PageTexts, str]]:
        """Return this page in each language; of what a form was answered with there is none to go to."""
        if request.method != "GET":
            return []
        path, asked = request.url.path, request.url.include_query_params
        return [(each, f"{path}?{asked(lang=each.language).query}") for each in self.texts.values()]


def _as_json(value: object) -> str:
    """Write a value as JSON for people: in its own letters, a line for each part."""
    return json.dumps(value, ensure_ascii=False, indent=1)


def _piece(id_of_theirs: str) -> str:
    """Write an id as one piece of a path, whatever it holds; Jinja's own `urlencode` leaves slashes."""
    return quote(id_of_theirs, safe="")
