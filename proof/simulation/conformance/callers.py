"""What those who say something do on the real books."""

from api import after_the_end
from db import refunds, words
from domain.said import Overruled, Word
from proof.simulation.conformance.real import RealWorld
from workflows.contract import ResolveInput


async def take_up(real: RealWorld, refund_id: str, word_id: str) -> None:
    """Note that somebody has the answer to a word, as the API does."""
    async with real.engine.begin() as connection:
        await words.note_taken_up(connection, real.ours(refund_id), [word_id])


async def refuse(real: RealWorld, refund_id: str, word: Word, why: Overruled) -> None:
    """Write down that a word is refused, as the API does."""
    async with real.engine.begin() as connection:
        refund = await refunds.get(connection, real.ours(refund_id), lock=True)
        await words.refuse(connection, refund.refund_id, refund.round, word, why)


async def send_back(real: RealWorld, refund_id: str, said: ResolveInput, word: Word) -> None:
    """Say of what people had paid that it came back, as the API does."""
    async with real.engine.begin() as connection:
        refund = await refunds.get(connection, real.ours(refund_id))
        await after_the_end.note_sent_back(connection, refund, said, word)
        await words.note_taken_up(connection, refund.refund_id, [word.word_id])
