"""The year of a real shop on two stacks beside each other: a round is a share of its customers, with all of theirs."""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from proof.bench.beside import Running
from proof.bench.refunding import Times
from tools.retail.answers import Asked, surprises
from tools.retail.data import Line, Retail, Return
from tools.retail.dealings import ask_for, sell
from tools.retail.replay import YEAR
from tools.retail.shop import RetailShop, open_shop


@dataclass(slots=True)
class Replaying:
    """The shop on one stack: who bought there, and what came of their orders and cancellations."""

    shop: RetailShop
    orders: Mapping[str, Sequence[tuple[Line, ...]]]
    returns: Mapping[str, Sequence[Return]]
    not_taken: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    @classmethod
    async def begun(cls, running: Running, http: httpx.AsyncClient, retail: Retail) -> "Replaying":
        """Let the shop in as a new merchant whose customers may return things for a year."""
        orders, returns = defaultdict[str, list[tuple[Line, ...]]](list), defaultdict[str, list[Return]](list)
        for lines in retail.orders.values():
            orders[lines[0].customer_id].append(lines)
        for wanted in retail.returns:
            returns[wanted.cancelled.customer_id].append(wanted)
        return cls(await open_shop(http, running.owner_database_url, YEAR), orders, returns)

    def share(self, number: int, of: int) -> list[str]:
        """Name the customers of one of so many shares, who returns most first: in the end nobody waits for them."""
        customers = sorted(self.orders, key=lambda each: (-len(self.returns.get(each, ())), each))
        return customers[number::of]

    async def deal_with(self, customer_id: str) -> Times:
        """Push the customer's orders, and see each return through before the next: what is left depends on it."""
        began = time.perf_counter()
        for lines in self.orders[customer_id]:
            if not_taken := await sell(self.shop, lines):
                self.not_taken.append(not_taken)
        for wanted in self.returns.get(customer_id, ()):
            self.asked.append(await ask_for(self.shop, wanted))
        return {"customer": time.perf_counter() - began}

    @property
    def faults(self) -> list[str]:
        """Every order that was not taken, and every return that was answered otherwise than its file makes expect."""
        return [*self.not_taken, *surprises(self.asked, YEAR)]

    @property
    def answers(self) -> dict[str, int]:
        return dict(Counter(each.answer for each in self.asked))
