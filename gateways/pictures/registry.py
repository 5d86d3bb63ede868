"""Where pictures are kept, by what a deployment says."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from gateways.pictures.folder import Folder
from gateways.pictures.port import PictureStore
from gateways.pictures.s3 import Bucket

FOLDER = "MAKEWHOLE_EVIDENCE_FOLDER"
BUCKET = "MAKEWHOLE_EVIDENCE_S3_BUCKET"
_ADDRESS = "MAKEWHOLE_EVIDENCE_S3_ADDRESS"
_REGION = "MAKEWHOLE_EVIDENCE_S3_REGION"
_KEY_ID = "MAKEWHOLE_EVIDENCE_S3_ACCESS_KEY_ID"
_SECRET = "MAKEWHOLE_EVIDENCE_S3_SECRET_ACCESS_KEY"  # noqa: S105 - the name of a variable


def open_store(told: Mapping[str, str]) -> PictureStore | None:
    """Open the bucket that is named, else the folder; None where neither is.

    Raises ValueError for half a bucket, and OSError for a folder that can't be made.
    """
    if bucket := told.get(BUCKET, ""):
        if bool(told.get(_KEY_ID)) != bool(told.get(_SECRET)):
            raise ValueError(f"{_KEY_ID} and {_SECRET} belong together: set both, or neither")
        region, key_id, secret = told.get(_REGION, "us-east-1"), told.get(_KEY_ID, ""), told.get(_SECRET, "")
        return Bucket(bucket, _address(told), region, key_id, secret)
    return Folder(Path(told[FOLDER])) if told.get(FOLDER) else None


def _address(told: Mapping[str, str]) -> str:
    """Other machines are spoken to by TLS."""
    address = told.get(_ADDRESS, "")
    parts = urlsplit(address)
    if address and parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise ValueError(f"{_ADDRESS} begins with https://, or is on this machine")
    return address
