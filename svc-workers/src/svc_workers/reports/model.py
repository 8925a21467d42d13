"""What a report says, before it is HTML, CSV or JSON: figures and tables. All three forms are made of this and nothing else.

None as a value means no data: it could not be told, and is never shown as zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

Unit = Literal["text", "number", "difference", "money", "share", "day", "moment", "severity", "seen", "list"]
"""How a value is shown. `seen`: True or False; `list`: a tuple of texts."""
Scope = Literal["client", "fleet"]


@dataclass(frozen=True)
class Share:
    """`part` of `whole` things."""

    part: int | Decimal
    whole: int | Decimal

    @property
    def missing(self) -> int | Decimal:
        """How many are not."""
        return self.whole - self.part

    def __add__(self, other: Share) -> Share:
        """Both together."""
        return Share(self.part + other.part, self.whole + other.whole)


@dataclass(frozen=True)
class Money:
    """An amount per currency; those of two currencies are never added. No amounts: nothing, which is 0.00 in any currency.

    In order of the currencies' names, that of None, which nobody named, last; an amount of zero is left out.
    """

    amounts: tuple[tuple[str | None, Decimal], ...] = ()

    @classmethod
    def of(cls, *amounts: tuple[str | None, Decimal]) -> Money:
        """The sum of amounts, each currency's for itself."""
        sums: dict[str | None, Decimal] = defaultdict(Decimal)
        for currency, amount in amounts:
            sums[currency] += amount
        ordered = sorted(sums.items(), key=lambda one: (one[0] is None, one[0] or ""))
        return cls(tuple((currency, amount) for currency, amount in ordered if amount))

    def __add__(self, other: Money) -> Money:
        """Both together."""
        return Money.of(*self.amounts, *other.amounts)


Value = str | int | Decimal | Share | Money | datetime | tuple[str, ...] | None
Row = tuple[Value, ...]


@dataclass(frozen=True)
class Figure:
    """One number. `sources` are the lists it is counted from, `as_of` until when their changes are known.

    `known` and `asked`: of a fleet, how many clients it counts, and how many there are.
    """

    name: str
    label: str
    unit: Unit
    value: Value
    sources: tuple[str, ...]
    as_of: datetime | None
    known: int | None = None
    asked: int | None = None


@dataclass(frozen=True)
class Column:
    """A column of a table. `under`: the column below whose value it is shown, in small print."""

    name: str
    label: str
    unit: Unit = "text"
    under: str | None = None


@dataclass(frozen=True)
class Chart:
    """A drawing of a table's rows: `label` is the column of names, `series` the columns of numbers.

    bars: one bar per row. within: each row's first series within its second. stacked: the series one after another.
    shares: one bar per row, of a column of shares. Only the `most` first rows are drawn.
    """

    kind: Literal["bars", "within", "stacked", "shares"]
    label: str
    series: tuple[str, ...]
    says: str
    most: int = 10


@dataclass(frozen=True)
class Table:
    """Rows of equal columns; `rows` of None: no data, and `why`. `group`: rows of one value of this column stand together.

    `printed`: how many rows of a group, or of the table, the HTML shows; the other forms have all.
    `total` is the sum of the rows, in the columns that have one; an empty text elsewhere.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...] | None
    total: Row | None = None
    chart: Chart | None = None
    group: str | None = None
    printed: int | None = None
    why: str = "not every list this is counted from was read in full lately"
    empty: str = "There are none."
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> int:
        """The place of a column."""
        return next(place for place, column in enumerate(self.columns) if column.name == name)


@dataclass(frozen=True)
class Part:
    """A section as it is shown."""

    name: str
    title: str
    lead: str
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Document:
    """A report, counted. `about` is the client; None for all clients of the msp. `as_of`: the moment it speaks of.

    `notes`: what has to be known to read its values.
    """

    name: str
    title: str
    scope: Scope
    msp: str
    about: str | None
    as_of: datetime
    past: bool
    lead: str
    figures: tuple[Figure, ...]
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()


def currencies(values: Iterable[Value]) -> set[str | None]:
    """Those of which there is an amount."""
    return {currency for value in values if isinstance(value, Money) for currency, _ in value.amounts}


def summed(rows: tuple[Row, ...], label: str = "All") -> Row | None:
    """The total of rows: their label, then the sum of each column of numbers; None where one of a column is not known."""
    if not rows:
        return None
    return (label, *(_sum(values) for values in list(zip(*rows, strict=True))[1:]))


def _sum(values: tuple[Value, ...]) -> Value:
    if any(value is None for value in values):
        return None
    if all(isinstance(value, Share) for value in values):
        shares = [value for value in values if isinstance(value, Share)]
        return sum(shares[1:], shares[0])
    if all(isinstance(value, Money) for value in values):
        return sum((value for value in values if isinstance(value, Money)), Money())
    numbers = [value for value in values if isinstance(value, int | Decimal) and not isinstance(value, bool)]
    return sum(numbers[1:], numbers[0]) if len(numbers) == len(values) else ""
