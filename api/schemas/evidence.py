"""Pictures that are evidence."""

from typing import Annotated

from pydantic import AfterValidator, Field

from api.schemas.common import Time, Wire
from domain import spelling

Piece = Annotated[
    str, Field(max_length=2_000, examples=["https://shop.example/1.jpg"]), AfterValidator(spelling.piece_of_evidence)
]
"""A link, or a picture that is kept here."""

PIECES = (
    "`https` links to pictures or documents (`http` where a setting says so), and pictures that are kept here, as "
    "`POST /v1/evidence` answers them (`mw-evidence:…`)"
)


class PictureAnswer(Wire):
    """A picture that is kept."""

    evidence: str = Field(description="What refers to it, in `evidence` of refunds and appeals.")
    evidence_id: str = Field(description="What it is read by, at `GET /v1/evidence/{evidence_id}`.")
    width: int = Field(description="How many pixels it is wide, as it is kept.")
    height: int = Field(description="How many it is high.")
    size: int = Field(description="How many bytes it has.")
    kept_until: Time = Field(description="When it goes again, unless something refers to it by then.")
