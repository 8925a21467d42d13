"""Who the MSP's clients are, how large, and which of them has which vendor."""

import math
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING

from vendor_sim.dice import Dice
from vendor_sim.names import COMPANY_FIRST, COMPANY_SECOND, LEGAL_FORMS

if TYPE_CHECKING:
    from vendor_sim.devices import Machine
    from vendor_sim.people import Person

SMALLEST, LARGEST = 8, 400
MEDIAN_PEOPLE, SPREAD = 94, 1.0
REGIONS = ("eu01", "us03")
ENOUGH_FOR_ODDITIES = 6
"""From this many clients on, one Microsoft and one Sophos tenant are unmapped."""


@dataclass(slots=True)
class Client:
    """One client, or the MSP itself (index -1, company 0)."""

    index: int
    company_id: int
    name: str
    short: str
    slug: str
    people_wanted: int
    tenant_id: str | None
    sophos_id: str | None
    m365_mapped: bool = True
    sophos_mapped: bool = True
    api_host: bool = True
    assistance: bool = True
    region: str = "eu01"
    people: list["Person"] = field(default_factory=list)
    machines: list["Machine"] = field(default_factory=list)

    @property
    def domain(self) -> str:
        """The default verified domain."""
        return f"{self.slug}.example"

    @property
    def initial_domain(self) -> str:
        """The domain the directory was created with."""
        return f"{self.slug}.onmicrosoft.com"

    @property
    def phone(self) -> str:
        """The switchboard, shared by everyone of the client."""
        return f"+49 341 55{self.index + 101:04d}0"


def plan(seed: int, count: int) -> list[Client]:
    """The MSP and its clients, sizes spread log-normally so that few clients already have the mean of many."""
    dice = Dice(seed, "clients", count)
    sizes = [_size((rank + 0.5) / count) for rank in range(count)]
    dice.shuffle(sizes)
    names = _names(dice, count)
    msp = Client(-1, 0, "Nordwind IT Service GmbH", "Nordwind IT", "nordwind-it", 22, dice.guid(), dice.guid())
    return [msp, *(_client(dice, index, sizes[index], names[index], count) for index in range(count))]


def _client(dice: Dice, index: int, people: int, name: tuple[str, str, str], count: int) -> Client:
    odd = count >= ENOUGH_FOR_ODDITIES
    tenant_id, sophos_id = dice.guid(), dice.guid()
    return Client(
        index=index,
        company_id=174 + index if index < 3 else 29_683_500 + 7 * index + dice.between(0, 5),
        name=name[0],
        short=name[1],
        slug=name[2],
        people_wanted=people,
        tenant_id=None if index % 12 == 9 else tenant_id,
        sophos_id=None if index % 8 == 5 else sophos_id,
        m365_mapped=not (odd and index == 2),
        sophos_mapped=not (odd and index == 4),
        api_host=not (odd and index % 60 == 1),
        assistance=not (odd and index % 60 == 3),
        region=REGIONS[index % 3 == 1],
    )


def _size(quantile: float) -> int:
    people = MEDIAN_PEOPLE * math.exp(SPREAD * NormalDist().inv_cdf(quantile))
    return max(SMALLEST, min(LARGEST, round(people)))


def _names(dice: Dice, count: int) -> list[tuple[str, str, str]]:
    """(legal name, short name, address part), all different."""
    pairs = [(first, second) for first in COMPANY_FIRST for second in COMPANY_SECOND]
    dice.shuffle(pairs)
    found = []
    for index in range(count):
        (first, first_slug), (second, second_slug) = pairs[index % len(pairs)]
        again = index // len(pairs)
        short = f"{first} {second}" + (f" {again + 1}" if again else "")
        found.append(
            (f"{short} {dice.pick(LEGAL_FORMS)}", short, f"{first_slug}-{second_slug}{again + 1 if again else ''}")
        )
    return found
