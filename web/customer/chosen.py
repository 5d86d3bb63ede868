"""What of an order somebody wants to give back, as the form says it."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from web.calling import Json
from web.customer import pictures
from web.forms import Form
from web.texts import PageTexts

FIELD = "units:"
"""Begins the name of the field of each line, behind it stands the line's id."""

_A_NUMBER = re.compile(r"\d{1,12}(\.\d{1,3})?")


@dataclass(frozen=True, slots=True)
class Chosen:
    """quantities: by line, more than none. faults: by the name of the field."""

    quantities: Mapping[str, int | str]
    is_everything: bool
    faults: Mapping[str, object] = field(default_factory=dict)

    @property
    def fields(self) -> dict[str, str]:
        """What a form has to hold to choose the same again."""
        return {FIELD + line_id: str(quantity) for line_id, quantity in self.quantities.items()}

    def request(self, order_id: str, form: Form) -> Json:
        """Return the request for a refund; everything there is goes without its lines, so fees and tips come along."""
        lines = [{"line_id": line_id, "quantity": quantity} for line_id, quantity in self.quantities.items()]
        asked: Json = {"order_id": order_id, "reason": form["reason"], "note": form["note"]}
        if evidence := pictures.evidence(form):
            asked["evidence"] = evidence
        return asked if self.is_everything else {**asked, "lines": lines}


def can_be_chosen(line: Json) -> bool:
    """Whether units of a line are left to give back; a gift comes back with the goods it was given for."""
    return float(line["quantity_left"]) > 0 and not line["gift"]


def read_choice(t: PageTexts, order: Json, form: Form) -> Chosen:
    """Read how many of each line; raises nothing, and says what is wrong by field."""
    quantities: dict[str, int | str] = {}
    faults: dict[str, object] = {}
    possible = [line for line in order["lines"] if can_be_chosen(line)]
    for line in possible:
        name = FIELD + line["line_id"]
        said = form[name] or "0"
        if not _A_NUMBER.fullmatch(said) or (line["unit"] is None and "." in said):
            faults[name] = t("order.no_number")
        elif float(said) > float(line["quantity_left"]):
            faults[name] = t("order.not_so_many", left=line["quantity_left"])
        elif float(said) > 0:
            quantities[line["line_id"]] = said if isinstance(line["quantity_left"], str) else int(float(said))
    if not quantities and not faults:
        faults = {"choice": t("order.choose_something")}
    left = {line["line_id"]: float(line["quantity_left"]) for line in possible}
    is_everything = {name: float(each) for name, each in quantities.items()} == left
    is_all_here = order["next_lines"] is None and not form["lines_cursor"]
    return Chosen(quantities, is_everything and is_all_here, faults)


def new_asking() -> str:
    """Name what a form will ask for, when it is made: however often it is sent, it is one request."""
    return secrets.token_urlsafe(12)


def idempotency_key(asking: str, request: Json) -> str:
    """The same form with the same in it is the same request; with something else in it, it is another."""
    said = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:24]
    return f"page-{asking[:64]}-{said}"
