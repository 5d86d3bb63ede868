"""What the API refused, as staff read it."""

from markupsafe import Markup

from web.calling import Refused
from web.texts import PageTexts

_AS_THE_API_SAYS = "said"


def refusal(t: PageTexts, refused: Refused) -> Markup:
    """Say why not, with the API's own sentence: who works here needs its figures and names."""
    if t.has("staff.refused", refused.code):
        return t.of("staff.refused", refused.code, detail=refused.detail)
    return t.of("staff.refused", _AS_THE_API_SAYS, detail=refused.detail)
