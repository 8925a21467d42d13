"""Seats that are paid for and assigned to nobody."""

from __future__ import annotations

from dataclasses import dataclass

from mspbyte_common.models import Licence
from svc_workers.check import Check
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, finding, ok, unknown


@dataclass(frozen=True)
class Params:
    """A finding needs `seats` unused ones that are also `share` of those bought; `many` of them weigh more."""

    seats: int = 3
    share: float = 0.10
    many: int = 10


def evaluate(subject: Subject[Licence], _links: Links, params: Params) -> Verdict:
    """Seats bought must, but for a small reserve, be assigned."""
    licence = subject.model
    if licence.free or licence.state != "enabled":
        return ok()
    if licence.bought is None or licence.assigned is None:
        return unknown("how many seats are bought and assigned is not known")
    unused = licence.bought - licence.assigned
    if unused < params.seats or unused < params.share * licence.bought:
        return ok()
    return finding(
        "medium" if unused >= params.many else CHECK.severity,
        {
            "sku": licence.sku,
            "name": licence.name,
            "bought": licence.bought,
            "assigned": licence.assigned,
            "unused": unused,
        },
        f"{unused} of {licence.bought} seats of {licence.name or licence.sku} are unused",
    )


CHECK = Check(
    name="unused_seats",
    kind=Licence,
    title="Unused licence seats",
    why="Seats that nobody holds cost as much as those in use.",
    remedy="Reduce the seats at the next renewal date, or assign them.",
    severity="low",
    params=Params(),
    evaluate=evaluate,
)
