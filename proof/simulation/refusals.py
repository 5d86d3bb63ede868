"""How activities refuse for good, in the model: the names are those of the real refusals."""


class RefusedByBooks(Exception):
    """An activity refuses for good."""


class AlreadyUndone(RefusedByBooks):
    """A step came after its undo."""


class AlreadyPaid(RefusedByBooks):
    """Something that does not go with a payout, from a run that does not know of it."""


class LabelDeclined(RefusedByBooks):
    """The carrier makes no label."""


class AsksSomethingElse(RefusedByBooks):
    """People see another call for help than the one that is answered."""


class RunIsBehind(RefusedByBooks):
    """A word that was refused meanwhile, or goods that have arrived already, from a run that does not know of it."""


class RefusedElsewhere(RefusedByBooks):
    """A system of the merchant's refuses."""


class NotNow(Exception):
    """Nobody knows what became of it, or somebody else is at it: Temporal has it tried again."""


class NotApproved(RefusedByBooks):
    """A settlement came after another decision."""
