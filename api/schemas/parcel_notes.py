"""What a warehouse writes down of a return parcel."""

from pydantic import Field

from api.schemas.common import Text, Wire
from api.schemas.evidence import PIECES, Piece
from domain.claims.parcel_notes import NotedOf


class ParcelNoteBody(Wire):
    """Something about a parcel that is no count of its units; a note, or pictures, or both."""

    about: NotedOf = Field(
        description="`inspection`: how the goods are. `something_else`: goods that were not announced. "
        "`more_than_announced`: more of those that were. `shared_parcel`: it came with another return in one parcel; "
        "this one needs neither note nor pictures."
    )
    note: Text = Field(default="", description="What was found.")
    evidence: list[Piece] = Field(
        default_factory=list, max_length=20, description=f"At most 20: {PIECES}. They become evidence of the refund."
    )
