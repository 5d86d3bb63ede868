"""Pictures that are evidence, for staff who look at a refund or a parcel."""

from starlette.responses import Response

from domain import spelling
from web.calling import address
from web.forms import Form
from web.security import OF_PAGES
from web.staff.door import Staff

_TOLD = ("content-type", "content-disposition")


def pictures_and_links(evidence: list[str]) -> tuple[list[str], list[str]]:
    """Take evidence apart: the ids of pictures that are kept here, and links."""
    found = [(spelling.picture_of(each), each) for each in evidence]
    return [id_ for id_, _ in found if id_ is not None], [piece for id_, piece in found if id_ is None]


async def show_picture(staff: Staff, _: Form) -> Response:
    """Give a picture to a page that shows it: asked for with their own key, each time."""
    answer = await staff.api.raw("GET", address("/v1/evidence/{}", staff.id("evidence_id")))
    told = {name: answer.headers[name] for name in _TOLD if name in answer.headers} if answer.is_success else {}
    return Response(answer.content if told else b"", answer.status_code, headers={**OF_PAGES, **told})
