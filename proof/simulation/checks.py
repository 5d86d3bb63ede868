"""What must be so whenever a refund rests: its run, its books and the carrier's agree."""

from domain.lifecycle import RefundStatus
from domain.said import NO_RUN
from proof.simulation.play import Play
from proof.simulation.refund_book import RefundBook, WordRow
from proof.simulation.runs import Run


def check_at_rest(world: Play, refund_id: str) -> None:
    """Note what is wrong with a refund of which nobody has to be woken, and whose run does nothing now."""
    run, book = world.runs[refund_id], world.books.refunds[refund_id]
    if run.finished is None and not run.pending and run.is_loaded and run.run_id == book.run:
        _check_what_is_asked(world, run, book)
        _check_label(world, run, book)


def check_what_is_known(world: Play, refund_id: str) -> None:
    """What was taken up is known to the run that has the refund: nobody wakes it for that any more.

    A run that is to be woken for something else finds out then that it is behind; and so does one to which is said
    again what was acted upon without it.
    """
    run, book = world.runs[refund_id], world.books.refunds[refund_id]
    if run.finished is None and run.is_loaded and not run.is_closing and run.run_id == book.run:
        if any(not row.is_taken_up and not run.knows(word_id) for word_id, row in book.words.items()):
            return
        for word_id in {each for each, row in book.words.items() if _is_of_a_run(row)}:
            if not run.knows(word_id):
                world.books.wrong(f"{word_id} was taken up, and the run of {refund_id} does not know it")


def _is_of_a_run(row: WordRow) -> bool:
    return row.is_taken_up and not row.overruled and row.word.run != NO_RUN


def _check_what_is_asked(world: Play, run: Run, book: RefundBook) -> None:
    """Where a refund waits for people, they are asked about what its run waits for, and about nothing else."""
    asked, needs = book.attention, run.needs
    if asked is not None and needs is not None and (asked.step, asked.reason) != (needs.step, needs.reason):
        of_run = f"{needs.step}: {needs.reason}"
        world.books.wrong(f"{book.refund_id} asks about {asked.step}: {asked.reason}, its run about {of_run}")


def _check_label(world: Play, run: Run, book: RefundBook) -> None:
    """Where a parcel is waited for, the label that the customer was told of is good."""
    is_good = book.rma in world.books.carrier.good(book.refund_id)
    if not run.asks and book.status is RefundStatus.AWAITING_RETURN and not is_good:
        world.books.wrong(f"{book.refund_id} waits for a parcel with a label that is void")
