"""Where the API is and by which key: from the environment, or from a file of profiles that only its owner can read."""

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from makewhole_client.errors import MakewholeError

URL, API_KEY, PROFILE = "MAKEWHOLE_URL", "MAKEWHOLE_API_KEY", "MAKEWHOLE_PROFILE"
DEFAULT = "default"


class NotConfigured(MakewholeError):
    """Nobody said where the API is and by which key."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One API, and the key of one role there. The two belong together: a key never goes to another's address."""

    url: str
    api_key: str

    @property
    def masked_key(self) -> str:
        return self.api_key[:4] + "…" + self.api_key[-4:] if len(self.api_key) > 12 else "…"


def in_use(name: str | None) -> Profile:
    """Return the profile that was asked for; else what the environment says; else the default profile."""
    if name is None and (URL in os.environ or API_KEY in os.environ):
        return _from_environment()
    wanted = name or os.environ.get(PROFILE, DEFAULT)
    known = stored()
    if wanted not in known:
        there = f"there are {', '.join(sorted(known))}" if known else "there is none yet"
        raise NotConfigured(
            f"there is no profile {wanted!r} ({there}): set {URL} and {API_KEY}, or run `makewhole config set`"
        )
    return known[wanted]


def path() -> Path:
    """Return where profiles are kept."""
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "makewhole" / "profiles.json"


def stored() -> dict[str, Profile]:
    """Return all profiles by their names. Raises NotConfigured where others could have read or written them."""
    file = path()
    if not file.exists():
        return {}
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise NotConfigured(f"others than you can read the keys in {file}: chmod 600 {file}")
    try:
        return {name: Profile(**said) for name, said in json.loads(file.read_text(encoding="utf-8")).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise NotConfigured(f"{file} is not as `makewhole config set` writes it: {error}") from error


def store(profiles: dict[str, Profile]) -> None:
    """Write all profiles, at once and for the owner alone."""
    file = path()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    said = {name: {"url": each.url, "api_key": each.api_key} for name, each in sorted(profiles.items())}
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        json.dump(said, opened, indent=2)
    draft.replace(file)


def checked(url: str, api_key: str, where: str) -> Profile:
    """Return a profile that could be right. Raises NotConfigured."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotConfigured(f"{where}: {url!r} is no address of an API, as https://refunds.shop.example is")
    if not api_key or not api_key.isascii() or not api_key.isprintable() or " " in api_key:
        raise NotConfigured(f"{where}: that is no API key")
    return Profile(url, api_key)


def _from_environment() -> Profile:
    missing = [name for name in (URL, API_KEY) if not os.environ.get(name)]
    if missing:
        raise NotConfigured(f"set {' and '.join(missing)} as well: an address and its key belong together")
    return checked(os.environ[URL], os.environ[API_KEY], "the environment")
