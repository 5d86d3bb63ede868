"""The page of one of the demo's refunds, and how its customer gets in."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from tools.demo.story import CaseStory


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where the page is, and the key by which its customer gets in: the code that would come has nobody to read it."""

    address: str
    order_id: str
    key: str


async def invitation(stories: Sequence[CaseStory], pages: str) -> Invitation | None:
    """Invite to the first refund that was paid; None where none was. pages: where the customers' pages are."""
    for story in stories:
        refund = next((each for each in story.refunds if each["status"] == "completed" and each["customer_id"]), None)
        if refund is not None:
            shop, customer = story.outcome.case_run.shop, quote(refund["customer_id"], safe="")
            made = await shop.merchant.post(f"/v1/customers/{customer}/keys", {})
            link = urlencode({"merchant": shop.merchant_id, "order": refund["order_id"]})
            address = f"{pages}refunds/{quote(refund['refund_id'], safe='')}?{link}"
            return Invitation(address, refund["order_id"], made["key"])
    return None
