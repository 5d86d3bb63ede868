"""What a form says: fields by name, as they were typed, so that nothing is lost when it comes back with a fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST_FIELDS = 12_000
"""An order has at most 5,000 lines, each with two fields."""

MOST_FILES = 20
"""As many pictures as a request for a refund may have."""


class FormTooLarge(Exception):
    """More fields or files than any page of ours has."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that came with a form; its name is as its sender calls it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """values: what was typed, without the blanks around it. faults: what is wrong, by the name of the field.

    files: what came with it; a form has one field of them at most.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, object] = field(default_factory=dict)
    files: Sequence[SentFile] = ()

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def asked_once(self) -> str:
        """The Idempotency-Key of what this very page asks for: sent twice, it is done once."""
        return f"page-{self['asking'][:64]}"

    @property
    def goes_on(self) -> dict[str, str]:
        """Where a list goes on, as the API is asked for it; nothing where it begins."""
        return {"cursor": self["cursor"][:300]} if self["cursor"] else {}

    def fault(self, name: str) -> object:
        return self.faults.get(name, "")

    def with_values(self, **values: str) -> "Form":
        return Form({**self.values, **values}, self.faults, self.files)

    def with_faults(self, faults: Mapping[str, object]) -> "Form":
        return Form(self.values, faults)


async def read_form(request: Request) -> Form:
    """Read a form; raises FormTooLarge. The body is bounded before (`api/limits.py`)."""
    if brings_files(request):
        return await _with_files(request)
    body = (await request.body()).decode("utf-8", "replace")
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as too_many:
        raise FormTooLarge from too_many
    return Form({name: value.strip() for name, value in pairs})


def brings_files(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


async def _with_files(request: Request) -> Form:
    try:
        sent = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
    except HTTPException as unfit:
        raise FormTooLarge from unfit
    values, files = {}, []
    for name, value in sent.multi_items():
        if isinstance(value, str):
            values[name] = value.strip()
        elif value.filename:  # a field in which nothing was chosen comes without a name
            files.append(await _read(value))
    await request.close()
    return Form(values, files=files)


async def _read(file: UploadFile) -> SentFile:
    return SentFile(file.filename or "", await file.read())
