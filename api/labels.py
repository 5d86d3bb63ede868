"""The return label as a picture, in the customer's language."""

from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from domain.explain.messages import Catalogue


def label_svg(goods_return: dict[str, Any], catalogue: Catalogue, locale: str, time_zone: str) -> str:
    """Draw the label of a return; the number is what the warehouse looks for."""
    deliver_by = datetime.fromisoformat(goods_return["deliver_by"])
    is_collected = goods_return.get("pickup_by") is not None
    lines = [
        goods_return["address"],
        catalogue.send_by(locale, deliver_by, time_zone),
        catalogue.guide(locale, goods_return["guide"], is_collected=is_collected),
    ]
    texts = "".join(
        f'<text x="24" y="{120 + 34 * place}" font-size="14">{escape(line)}</text>' for place, line in enumerate(lines)
    )
    number = escape(goods_return["rma"])
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 220" font-family="sans-serif">'
        '<rect width="720" height="220" fill="white" stroke="black"/>'
        f'<text x="24" y="64" font-size="40" font-weight="bold">{number}</text>{texts}</svg>'
    )
