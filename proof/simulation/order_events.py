"""What becomes of the order meanwhile: it is sold differently, its customer spends, a lost parcel comes after all."""

from proof.simulation.activity_model import ModelActivities
from proof.simulation.books import Books
from proof.simulation.choices import Choices
from proof.simulation.figures import SPENT_MEANWHILE
from proof.simulation.parcels import Came
from proof.simulation.scenario import Scenario
from proof.simulation.wares import Edit


class OrderEvents:
    """The part of a world (`play.py`) in which something happens to the order and its customer."""

    choices: Choices
    scenario: Scenario
    books: Books
    activities: ModelActivities

    def note(self, *what: str) -> None:
        raise NotImplementedError

    def customer_spends(self) -> None:
        """Another order is paid for with some of the points."""
        self.note("customer", "spends points")
        self.books.points_spent_since += SPENT_MEANWHILE

    def perhaps_change(self, moments: int) -> None:
        """In one of so many moments an order that changes does so."""
        if self.may_change() and self.choices.toss(moments) == 1:
            self.order_changes()

    def order_changes(self) -> bool:
        """The merchant sells the order differently; False where a refund stands in the way."""
        is_changed = self.activities.change_order()
        if is_changed and self.scenario.kind.edit is Edit.PAID:
            self.activities.ask_for_what_was_paid()
        self.note("the order", "is sold differently" if is_changed else "can't be sold differently")
        return is_changed

    def is_left(self, refund_id: str) -> bool:
        """Whether what a refund is to ask for is sold still."""
        is_removed = self.books.version > 1 and self.scenario.kind.edit is Edit.REMOVED
        return refund_id == "A" or not is_removed

    def may_change(self) -> bool:
        """Whether this order is one that changes, which it does once, and not all of it is on its way back.

        What was not paid yet may be paid at any time.
        """
        if self.books.version > 1 or self.scenario.kind.edit in (Edit.NEVER, Edit.PAID):
            return self.books.version == 1 and self.scenario.kind.edit is Edit.PAID
        settled = [each for each in self.books.refunds.values() if each.settled is not None]
        return sum(each.units + each.parts for each in settled) != self.books.wares.count

    def parcel_is_found(self) -> bool:
        """What was lost on its way to the customer comes after all; False where nothing is lost."""
        if self.scenario.kind.came is not Came.LOST or self.books.is_parcel_found:
            return False
        self.note("the parcel that was lost", "comes after all")
        self.books.is_parcel_found = True
        return True

    def customer_uses_coupon(self) -> bool:
        """Another order is paid for with the coupon that this one granted; False where the customer can't."""
        if not self.scenario.is_rich or self.scenario.may_be_lost:
            return False
        if self.books.is_coupon_used or self.books.coupon_taken_by is not None:
            return False
        self.note("customer", "uses the granted coupon")
        self.books.is_coupon_used = True
        return True
