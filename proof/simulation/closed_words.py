"""What becomes of what was said, where a refund is closed: the model of `db/words.py`."""

from activities.refunds import CloseRefund
from domain.said import CONFLICTING_STATE, TOO_LATE, Overruled
from proof.simulation.books import RefundBook

_CAME_TO_NOTHING = Overruled(CONFLICTING_STATE, TOO_LATE)


def close_words(refund: RefundBook, command: CloseRefund) -> None:
    """What its run has heard was taken up, and so is what is said of goods; the rest came to nothing."""
    for word_id, row in refund.words.items():
        if word_id in command.heard_just_now:
            continue
        if not (row.is_taken_up or word_id in command.heard or row.word.kind.is_of_goods):
            row.overruled = _CAME_TO_NOTHING
        row.is_taken_up = True


def hear_after_all(refund: RefundBook, command: CloseRefund) -> None:
    """An attempt that came late has closed it: its run has heard since what it had not by then."""
    for word_id in command.heard:
        row = refund.words.get(word_id)
        if row is not None and row.overruled == _CAME_TO_NOTHING:
            row.overruled, row.is_taken_up = None, word_id not in command.heard_just_now
