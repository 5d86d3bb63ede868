"""What the API refused, as a customer reads it."""

from markupsafe import Markup

from web.calling import Refused
from web.texts import PageTexts


def refusal(t: PageTexts, refused: Refused) -> Markup:
    """Say in the visitor's words why not; a code that has no words of its own here is told as the API says it."""
    if t.has("problems.of", refused.code):
        return t.of("problems.of", refused.code)
    return t("problems.other", detail=refused.detail)
