"""Languages as systems write them, `zh_CN`, `zh-Hans-CN` and `en_us.UTF-8`, brought to one form."""

import re
import unicodedata

_SEPARATORS = re.compile("[-_]")
_CHINESE = {"zh", "cmn"}
_SIMPLIFIED_BY_ITSELF = {"CN", "SG", "MY"}
_LETTERS = {"en": "LATIN", "zh": "CJK"}
"""How the Unicode names of a language's letters have it."""


def one_form(locale: str) -> str:
    """Write a locale as BCP 47 does: `zh_CN`, `ZH-cn`, `zh_Hans_CN` and `zh_CN.UTF-8` are all `zh-CN`.

    Of several (`zh-CN,zh;q=0.9`) the first counts. What is no locale at all stays as it is.
    """
    first = re.split("[,;.@ ]", locale.strip(), maxsplit=1)[0]
    language, *rest = _SEPARATORS.split(first)
    if re.fullmatch("[A-Za-z]{2,8}", language) is None or not all(
        re.fullmatch("[0-9A-Za-z]{1,8}", each) for each in rest
    ):
        return locale
    language = "zh" if language.lower() in _CHINESE else language.lower()
    parts = [_part(each) for each in rest]
    if language == "zh" and parts[:1] == ["Hans"] and parts[1:2] and parts[1] in _SIMPLIFIED_BY_ITSELF:
        parts = parts[1:]
    return "-".join([language, *parts])


def language_of(locale: str) -> str:
    return one_form(locale).split("-")[0]


def can_stand_in(locale: str, words: str) -> bool:
    """Tell whether somebody's words may stand in a text of this language, as far as their letters tell.

    Into an English text go Latin letters only, into a Chinese one Chinese characters only. Of other languages we can't
    tell, so that their words go into them.
    """
    letters = [each for each in words if each.isalpha()]
    script = _LETTERS.get(language_of(locale), "")
    return bool(letters) and all(script in unicodedata.name(each, "") for each in letters)


def _part(part: str) -> str:
    """Scripts are written `Hans`, regions `CN`, everything else small."""
    if len(part) == 4 and part.isalpha():
        return part.title()
    return part.upper() if len(part) == 2 or (len(part) == 3 and part.isdigit()) else part.lower()
