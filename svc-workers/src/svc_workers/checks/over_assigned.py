"""More seats in use than were bought."""

from __future__ import annotations

from mspbyte_common.models import Licence
from svc_workers.check import Check, NoParams
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, finding, ok, unknown

ENDED = frozenset({"suspended", "deleted", "locked_out"})


def evaluate(subject: Subject[Licence], _links: Links, _params: NoParams) -> Verdict:
    """At most as many seats may be assigned as are bought; seats in their grace period still count."""
    licence = subject.model
    if licence.free or licence.unlimited or licence.state in ENDED:
        return ok()
    if licence.bought is None or licence.assigned is None:
        return unknown("how many seats are bought and assigned is not known")
    over = licence.assigned - licence.bought - (licence.warning or 0)
    if over <= 0:
        return ok()
    return finding(
        CHECK.severity,
        {
            "sku": licence.sku,
            "name": licence.name,
            "bought": licence.bought,
            "assigned": licence.assigned,
            "over": over,
        },
        f"{over} seats of {licence.name or licence.sku} are in use and not bought",
    )


CHECK = Check(
    name="over_assigned",
    kind=Licence,
    title="More licences in use than bought",
    why="The vendor may take the service from those beyond the number bought, and an audit costs money.",
    remedy="Buy the missing seats, or take back as many.",
    severity="medium",
    params=NoParams(),
    evaluate=evaluate,
)
