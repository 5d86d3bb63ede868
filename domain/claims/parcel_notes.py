"""What a warehouse writes down of a return parcel besides its units: they are announced, received and inspected."""

from enum import StrEnum


class NotedOf(StrEnum):
    """What a note is about."""

    INSPECTION = "inspection"
    SOMETHING_ELSE = "something_else"
    MORE_THAN_ANNOUNCED = "more_than_announced"
    SHARED_PARCEL = "shared_parcel"

    def sentence(self, note: str, pictures: int) -> str:
        """Say it for the timeline, with the words and how many pictures came along."""
        shown = {0: "", 1: ", with a picture"}.get(pictures, f", with {pictures} pictures")
        return _BEGINS[self] + shown + (f": {note}" if note else "")


_BEGINS = {
    NotedOf.INSPECTION: "noted at the inspection",
    NotedOf.SOMETHING_ELSE: "something else was in the parcel",
    NotedOf.MORE_THAN_ANNOUNCED: "more was in the parcel than announced",
    NotedOf.SHARED_PARCEL: "it came in one parcel with another return",
}
