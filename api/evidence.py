"""Links to evidence: what reviewers click is `https`, and `http` only where a setting says so."""

from collections.abc import Sequence

from api import problems
from api.access import Services
from domain import spelling


def check(services: Services, links: Sequence[str]) -> None:
    """Raise Problem (`validation_failed`) for the first link that is sent in the open; a picture kept here is none."""
    if services.evidence_over_http:
        return
    for place, link in enumerate(links):
        if spelling.picture_of(link) is None and not spelling.is_secret_on_its_way(link):
            raise problems.wrong_field(f"/evidence/{place}", "a link to evidence begins with https://")
