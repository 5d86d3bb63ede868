"""Where files of a kind are kept, by what a deployment says."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from gateways.files.folder import Folder
from gateways.files.port import FileStore
from gateways.files.s3 import Bucket
from gateways.files.shelves import Shelf


def open_store(told: Mapping[str, str], shelf: Shelf) -> FileStore | None:
    """Open the bucket that is named for them, else the folder; None where neither is.

    Raises ValueError for half a bucket, and OSError for a folder that can't be made.
    """
    if bucket := told.get(f"{shelf.setting}_S3_BUCKET", ""):
        names = f"{shelf.setting}_S3_ACCESS_KEY_ID", f"{shelf.setting}_S3_SECRET_ACCESS_KEY"
        key_id, secret = (told.get(name, "") for name in names)
        if bool(key_id) != bool(secret):
            raise ValueError(f"{' and '.join(names)} belong together: set both, or neither")
        region = told.get(f"{shelf.setting}_S3_REGION", "us-east-1")
        return Bucket(bucket, _address(told, f"{shelf.setting}_S3_ADDRESS"), region, key_id, secret, shelf)
    folder = told.get(f"{shelf.setting}_FOLDER")
    return Folder(Path(folder), shelf) if folder else None


def _address(told: Mapping[str, str], name: str) -> str:
    """Other machines are spoken to by TLS."""
    address = told.get(name, "")
    parts = urlsplit(address)
    if address and parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise ValueError(f"{name} begins with https://, or is on this machine")
    return address
