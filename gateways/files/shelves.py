"""What is kept in files: where each kind is told to be, and what its files are called there."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shelf:
    """Files of one kind. `setting` begins the names of its settings; `in_folder` and `in_bucket` make a name a path."""

    what: str
    setting: str
    content_type: str
    in_folder: Callable[[str], str]
    in_bucket: Callable[[str], str]


PICTURES = Shelf(
    "pictures",
    "MAKEWHOLE_EVIDENCE",
    "image/jpeg",
    in_folder=lambda name: f"{name[:2]}/{name}.jpg",  # no folder has so many files that looking one up takes long
    in_bucket=lambda name: f"evidence/{name}.jpg",
)
ARCHIVES = Shelf(
    "archives",
    "MAKEWHOLE_ARCHIVE",
    "application/gzip",
    in_folder=lambda name: f"{name}.jsonl.gz",
    in_bucket=lambda name: f"archives/{name}.jsonl.gz",
)
