"""What those who say something do on the real books."""

from db import refunds, words
from domain.said import Overruled, Word
from proof.simulation.conformance.real import RealWorld


async def take_up(real: RealWorld, refund_id: str, word_id: str) -> None:
    """Note that somebody has the answer to a word, as the API does."""
    async with real.engine.begin() as connection:
        await words.note_taken_up(connection, real.ours(refund_id), [word_id])


async def refuse(real: RealWorld, refund_id: str, word: Word, why: Overruled) -> None:
    """Write down that a word is refused, as the API does."""
    async with real.engine.begin() as connection:
        refund = await refunds.get(connection, real.ours(refund_id), lock=True)
        await words.refuse(connection, refund.refund_id, refund.round, word, why)
