"""SMS by whoever serves the number: Aliyun those of mainland China, Twilio all others, and these too without Aliyun."""

from gateways.messengers.aliyun import COUNTRY, Aliyun
from gateways.messengers.letters import DeliveryReceipt, HandingOver, IsThis, Letter
from gateways.messengers.twilio import Twilio
from gateways.ports import Declined


class Texts:
    def __init__(self, twilio: Twilio | None, aliyun: Aliyun | None) -> None:
        self._twilio = twilio
        self._aliyun = aliyun

    async def send(self, letter: Letter, handing_over: HandingOver) -> str:
        return await self._carrier(letter).send(letter, handing_over)

    async def look_up(self, letter: Letter, is_this: IsThis) -> str | None:
        return await self._carrier(letter).look_up(letter, is_this)

    async def receipt(self, letter: Letter, reference: str) -> DeliveryReceipt:
        return await self._carrier(letter).receipt(letter, reference)

    def _carrier(self, letter: Letter) -> Twilio | Aliyun:
        carrier = self._aliyun if self._aliyun and letter.to.startswith(COUNTRY) else self._twilio
        if carrier is None:
            raise Declined("not_served", "nobody is set up who carries SMS to this country")
        return carrier
