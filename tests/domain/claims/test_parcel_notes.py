"""What a warehouse writes down of a return parcel besides its units."""

import pytest

from domain.claims.parcel_notes import NotedOf


@pytest.mark.parametrize(
    ("about", "note", "pictures", "sentence"),
    [
        (NotedOf.SOMETHING_ELSE, "a brick", 2, "something else was in the parcel, with 2 pictures: a brick"),
        (NotedOf.MORE_THAN_ANNOUNCED, "one cup more", 1, "more was in the parcel than announced, with a picture: one"),
        (NotedOf.SHARED_PARCEL, "", 0, "it came in one parcel with another return"),
        (NotedOf.INSPECTION, "", 1, "noted at the inspection, with a picture"),
    ],
)
def test_a_note_says_what_it_is_about_and_what_came_along(
    about: NotedOf, note: str, pictures: int, sentence: str
) -> None:
    assert about.sentence(note, pictures).startswith(sentence)
