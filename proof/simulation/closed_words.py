"""What becomes of what was said, where a refund is closed: the model of `db/words.py`."""

from activities.refunds import CloseRefund
from domain.said import CONFLICTING_STATE, TOO_LATE, Overruled, Word
from proof.simulation.refund_book import RefundBook


def close_words(refund: RefundBook, command: CloseRefund) -> None:
    """What its run has heard was taken up, and so is what is said of goods; what else an attempt can know of came to
    nothing.
    """
    for word_id, row in refund.words.items():
        is_heard = word_id in command.heard
        if row.is_taken_up or word_id in command.heard_just_now or (_is_later(row.word, command) and not is_heard):
            continue
        if not (is_heard or row.word.kind.is_of_goods):
            row.overruled = Overruled(CONFLICTING_STATE, TOO_LATE)
        row.is_taken_up = True


def _is_later(word: Word, command: CloseRefund) -> bool:
    return word.run == command.run and command.events is not None and word.events > command.events
