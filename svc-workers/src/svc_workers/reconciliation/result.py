"""What a reconciliation says: one position per service, with the lines that bill it and the things that were counted.

The sums hold by construction: `billed` is the sum of the lines' units, `actual` that of the counted quantities, `difference`
and `money` those of the lines' shares, and totals those of the positions. Money is rounded half up to the cent once, where
a share of units meets its price; everything above that is a sum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal
from uuid import UUID

State = Literal["missing_line", "under", "over", "no_data", "missing_rule", "excluded", "matched"]
STATES: Final[tuple[State, ...]] = ("missing_line", "under", "over", "no_data", "missing_rule", "excluded", "matched")
"""In the order in which they want to be looked at."""
CENT: Final = Decimal("0.01")
Reason = Literal["no_account", "unread", "untold", "no_period", "contract", "service", "obscured"]
"""Why there is no data: no account of the vendor; a list not read in full lately; a record that does not tell; no billing
period on the date; a contract, or a service, that is not known; a line that may bill it, nobody knows."""


_UNBILLED: Final = frozenset({"no_period", "contract", "obscured"})
"""Reasons for which not even the units billed are known."""


@dataclass(frozen=True)
class NoData:
    """Why something is not known. `waits_for`: the list, 'vendor/resource', that would tell; `until`: when time will."""

    reason: Reason
    why: str
    waits_for: str | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class BilledLine:
    """A contract line, with its units in force on the date.

    `units` of the service: a bundle's line has as many as its units contain. `unit_price`: the line's; in a bundle the
    catalogue's, as a bundle's own price cannot be divided, and then `amount` is None. `difference` and `money` are the
    line's share of the position's: what to add to its units, or, negative, to take off.
    """

    entity_id: UUID
    line_id: str
    contract_id: str
    contract: str | None
    service_id: str
    bundle_id: str | None
    units: int
    unit_price: Decimal | None
    starts_on: date | None
    ends_on: date | None
    difference: int | None = None
    money: Decimal | None = None

    @property
    def amount(self) -> Decimal | None:
        """What the units cost for one period at the line's price."""
        return None if self.unit_price is None or self.bundle_id else cents(self.unit_price * self.units)


@dataclass(frozen=True)
class Counted:
    """One thing that was counted, by which rule, as how many units. `records`: all that are this one thing."""

    entity_id: UUID
    name: str
    rule: str
    quantity: int
    records: tuple[UUID, ...]


@dataclass(frozen=True)
class Position:
    """One service of a client on the date; services that are proved by the same things are one position.

    `billed`, `actual` and `difference` are None where they are not known, never 0 for want of knowledge.
    `difference`: units in use that are not billed, negative where more is billed than used. `money`: the difference in
    money; None without data or where a share of it has no price. `why`: in words, of a state that needs some.
    """

    id: UUID
    client_id: UUID | None
    state: State
    service: str
    service_ids: tuple[str, ...]
    rules: tuple[str, ...]
    counts: str | None
    currency: str | None
    lines: tuple[BilledLine, ...] = ()
    counted: tuple[Counted, ...] = ()
    list_price: Decimal | None = None
    why: str | None = None
    no_data: NoData | None = None
    until: datetime | None = None
    """When time alone may change the answer."""

    @property
    def billed(self) -> int | None:
        """Units billed; None where it is not known how many."""
        unsure = self.no_data is not None and (self.no_data.reason in _UNBILLED or not self.lines)
        return None if unsure else sum(line.units for line in self.lines)

    @property
    def actual(self) -> int | None:
        """Units in use."""
        compared = self.state in {"matched", "under", "over", "missing_line"}
        return sum(thing.quantity for thing in self.counted) if compared else None

    @property
    def difference(self) -> int | None:
        """Units in use that are not billed."""
        return None if self.actual is None else self.actual - (self.billed or 0)

    @property
    def unit_price(self) -> Decimal | None:
        """The price its lines have in common, or without a line the catalogue's; None where they differ."""
        prices = {line.unit_price for line in self.lines} if self.lines else {self.list_price}
        return prices.pop() if len(prices) == 1 else None

    @property
    def money(self) -> Decimal | None:
        """The difference in money, per period."""
        if self.difference is None:
            return None
        if not self.lines:
            return None if self.list_price is None else cents(self.list_price * self.difference)
        shares = [line.money for line in self.lines if line.difference]
        known = [share for share in shares if share is not None]
        return sum(known, Decimal("0.00")) if len(known) == len(shares) else None


@dataclass(frozen=True)
class Totals:
    """Sums over positions of one currency; they are never added to another's.

    `under` is what is used and not billed, `over` what is billed and not used, both positive. `without_price`: positions
    with a difference that has no price, which are in neither.
    """

    currency: str | None
    under: Decimal
    over: Decimal
    without_price: int

    @property
    def net(self) -> Decimal:
        """What the MSP loses; negative where it bills more than is used."""
        return self.under - self.over


@dataclass(frozen=True)
class Reconciliation:
    """Everything billed and counted of one client at a moment. `no_data`: why the contracts are not known at all."""

    at: datetime
    positions: tuple[Position, ...] = ()
    no_data: NoData | None = None
    later: dict[UUID, datetime] = field(default_factory=dict)
    """Contract lines that bill nothing yet: when they will."""


def totals(positions: Iterable[Position]) -> tuple[Totals, ...]:
    """One row per currency, in order; None, which nobody named, last."""
    differing = [position for position in positions if position.difference]
    found = []
    for currency in sorted({position.currency for position in differing}, key=lambda one: (one is None, one or "")):
        mine = [position for position in differing if position.currency == currency]
        amounts = [position.money for position in mine]
        found.append(
            Totals(
                currency,
                under=sum((amount for amount in amounts if amount is not None and amount > 0), Decimal("0.00")),
                over=-sum((amount for amount in amounts if amount is not None and amount < 0), Decimal("0.00")),
                without_price=sum(amount is None for amount in amounts),
            )
        )
    return tuple(found)


def cents(amount: Decimal) -> Decimal:
    """An amount rounded half up to the cent, away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)
