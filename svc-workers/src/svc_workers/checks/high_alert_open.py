"""Grave alerts nobody has closed."""

from __future__ import annotations

from mspbyte_common.models import Alert, Device
from svc_workers.check import Check, NoParams
from svc_workers.links import Links
from svc_workers.subject import Subject
from svc_workers.verdict import Verdict, finding, ok


def evaluate(subject: Subject[Alert], links: Links, _params: NoParams) -> Verdict:
    """No alert of high severity may be open."""
    alert = subject.model
    if alert.severity != "high" or alert.state != "open":
        return ok()
    devices = sorted(device.model.name or device.external_id for device in links.related("alert_on", Device))
    return finding(
        CHECK.severity,
        {
            "alert": alert.title,
            "category": alert.category,
            "type": alert.alert_type,
            "source": alert.source,
            "raised_at": alert.raised_at,
            "devices": devices,
        },
        alert.title,
    )


CHECK = Check(
    name="high_alert_open",
    kind=Alert,
    title="Open alert of high severity",
    why="The security product asks for a person, and none has answered.",
    remedy="Investigate the alert in the vendor's console and close it there.",
    severity="high",
    params=NoParams(),
    evaluate=evaluate,
    relations=("alert_on",),
)
