"""Ids and words as people and machines write them, brought to one form: what looks alike is alike.

An id names the same thing wherever it comes from: a body, a path, a query, a header or a command line. So there is one
function for it. All raise ValueError with a sentence that says what would be right.
"""

import re
import unicodedata
from urllib.parse import urlsplit

MOST_CHARACTERS = 100
"""No id is longer."""

MOST_BYTES_OF_MERCHANT = 64
"""No merchant's id is longer: Temporal keeps it as a keyword, which some of its databases cut short."""

PICTURE = "mw-evidence:"
"""How what refers to a picture that is kept here begins."""

_LONGEST_SPELLING = 4 * MOST_CHARACTERS
"""One letter may be spelled with several characters before it is brought to one form; nothing longer is looked at."""

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
"""What shows nothing though Unicode does not count it as formatting: fillers, joiners, variation selectors."""

_SPACES = " \u3000"
_NO_CHARACTERS = re.compile("[\ufdd0-\ufdef\ufff0-\ufff8\ufffd-\uffff]")
_MERCHANT = re.compile("[0-9A-Za-z][0-9A-Za-z._-]*")
_PICTURE_ID = re.compile("ev_[0-9a-f]{32}")


def one_form(text: str) -> str:
    """Bring a word or a note to one form: line ends are newlines, and each letter is written in one way (NFC).

    Control characters and halves of surrogate pairs are refused.
    """
    return unicodedata.normalize("NFC", storable(_LINE_ENDS.sub("\n", text)))


def storable(text: str) -> str:
    """Take what others call a thing as it is, letter by letter; only what no database keeps is refused."""
    if _CONTROLS.search(text):
        raise ValueError("control characters are not allowed")
    if _SURROGATES.search(text):
        raise ValueError("half of a surrogate pair is not a character")
    return text


def legible(text: str) -> str:
    """Take what others say as something that can be kept and shown, whatever is in it.

    Line ends are newlines; in place of what no database keeps stands U+FFFD. Nothing is refused.
    """
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("\ufffd", _LINE_ENDS.sub("\n", text)))


def identifier(text: str) -> str:
    """Bring an id to one form, in which two ids that look alike are one.

    1 to 100 visible characters of any script; spaces inside and slashes are fine. Refused is what can't be seen
    (control and format characters, other kinds of spaces, spaces at an end), and `.` and `..`, which no address names.
    """
    if len(text) <= _LONGEST_SPELLING and not (text.isascii() and text.isprintable()):
        _refuse_invisible(text)
        text = unicodedata.normalize("NFC", text)
    if not 1 <= len(text) <= MOST_CHARACTERS:
        raise ValueError(f"an id has 1 to {MOST_CHARACTERS} characters, this one has {len(text)}")
    if text != text.strip(_SPACES):
        raise ValueError("an id neither begins nor ends with a space")
    if text in (".", ".."):
        raise ValueError("`.` and `..` can't be named in an address: give it another id")
    return text


def merchant_identifier(text: str) -> str:
    """Check the id of a merchant: up to 64 letters, digits, `.`, `_` and `-`, the first a letter or a digit."""
    if _MERCHANT.fullmatch(text) is None or len(text) > MOST_BYTES_OF_MERCHANT:
        raise ValueError(
            f"a merchant's id has 1 to {MOST_BYTES_OF_MERCHANT} letters of a to z, digits, dots, underscores and "
            "hyphens, and begins with a letter or a digit, for example acme-shop"
        )
    return text


def web_link(text: str) -> str:
    """Take the address of a web page or picture, `https://…` or `http://…`; nothing else is shown to be clicked."""
    if text != "".join(text.split()) or any(_is_invisible(character) for character in text) or _SURROGATES.search(text):
        raise ValueError("a link has no spaces and only characters that can be seen")
    try:
        parts = urlsplit(text)
        is_link = parts.scheme in ("https", "http") and bool(parts.hostname) and "\\" not in parts.netloc
    except ValueError:
        is_link = False
    if not is_link:
        raise ValueError("write a link that begins with https:// and names a host, as https://shop.example/photo.jpg")
    return text


def piece_of_evidence(text: str) -> str:
    """Take a link, or what refers to a picture that is kept here."""
    return text if picture_of(text) is not None else web_link(text)


def picture_of(piece: str) -> str | None:
    """Return the id of the picture that a piece of evidence refers to; None for a link.

    Raises ValueError for what begins like a reference and is none.
    """
    if not piece.startswith(PICTURE):
        return None
    evidence_id = piece.removeprefix(PICTURE)
    if _PICTURE_ID.fullmatch(evidence_id) is None:
        raise ValueError(f"write what refers to a picture as POST /v1/evidence answered it: {PICTURE}ev_ and 32 digits")
    return evidence_id


def is_secret_on_its_way(link: str) -> bool:
    """Whether a link is `https`: whoever listens does not see what it leads to."""
    return urlsplit(link).scheme == "https"


def _refuse_invisible(text: str) -> None:
    if _SURROGATES.search(text) or _NO_CHARACTERS.search(text):
        raise ValueError("an id is written in characters: this one was broken on its way")
    for place, character in enumerate(text, start=1):
        if _is_invisible(character):
            raise ValueError(
                f"an id has only characters that can be seen: leave out U+{ord(character):04X}, which is its "
                f"character {place}"
            )


def _is_invisible(character: str) -> bool:
    """Line ends and tabs are controls, so of all spaces only the two that people type are left."""
    if character in _SPACES:
        return False
    return unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp") or bool(_INVISIBLE.match(character))
