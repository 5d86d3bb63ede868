"""A shop that lets customers have their money by bank transfer, and two reviewers with a key each."""

from dataclasses import dataclass

from db.api_keys import Role
from tests.shop import ANYTHING, Shop
from tools.client import Api, Json

IBAN = "DE89370400440532013000"
ACCOUNT: Json = {"holder": "Li Lei", "iban": IBAN}
TO_ACCOUNT: Json = {"refund_to": "bank_transfer", "bank_account": ACCOUNT}
APPROVE: Json = {"decision": "approve"}


@dataclass(frozen=True, slots=True)
class BankDesk:
    """Who works on a refund to a bank account."""

    shop: Shop
    first: Api
    second: Api

    async def asked(self, **fields: object) -> Json:
        """Have an order refunded to the account, and wait until reviewers are asked."""
        return await self.shop.until_judged(await self.shop.refund(**{**TO_ACCOUNT, **fields}))

    async def approved_once(self) -> Json:
        refund = await self.asked()
        return await self.first.post(at(refund, "review"), APPROVE)

    async def to_be_transferred(self, **fields: object) -> Json:
        """Have it approved by both, and wait until operations are to transfer it."""
        refund = await self.asked(**fields)
        for reviewer in (self.first, self.second):
            await reviewer.post(at(refund, "review"), APPROVE)
        return await self.shop.until(refund, "needs_attention")

    async def resolve(self, refund: Json, action: str, **fields: str) -> Json:
        return await self.shop.ops.post(at(refund, "resolution"), {"step": "pay_out", "action": action, **fields})


async def bank_desk(shop: Shop, **policy: object) -> BankDesk:
    await shop.policy(**{"auto_approve": ANYTHING, "refund_to_allowed": ["bank_transfer"], **policy})
    return BankDesk(shop, shop.reviewer, await shop.another(Role.REVIEWER))


def at(refund: Json, what: str) -> str:
    return f"/v1/refunds/{refund['refund_id']}/{what}"


def events(refund: Json) -> list[str]:
    return [each["event"] for each in refund["timeline"]]
