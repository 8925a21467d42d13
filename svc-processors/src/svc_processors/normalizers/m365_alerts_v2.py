"""Microsoft 365 alerts_v2 → alert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from mspbyte_common.models import Alert
from svc_processors.graph import SEVERITIES
from svc_processors.normalizer import Normalizer
from svc_processors.reading import choice, entries, guid_or_none, ident, part, text
from svc_processors.times import instant

State = Literal["open", "resolved", "unknown"]

_STATES: Final[dict[str, State]] = {"new": "open", "inprogress": "open", "resolved": "resolved"}


def normalize(raw: Mapping[str, Any]) -> Alert:
    """An alert of any Defender product. Devices and people stand in its evidence, each piece of a type of its own."""
    evidence = [part(item) for item in entries(raw.get("evidence"))]
    devices = {guid_or_none(item.get("azureAdDeviceId")) for item in evidence}
    people = {guid_or_none(part(item.get("userAccount")).get("azureAdUserId")) for item in evidence}
    return Alert(
        alert_id=ident(raw["id"]),
        source=text(raw.get("serviceSource")) or "unknown",
        severity=choice(raw.get("severity"), SEVERITIES, "unknown"),
        category=text(raw.get("category")),
        alert_type=text(raw.get("detectorId")),
        title=text(raw.get("title")),
        raised_at=instant(raw.get("createdDateTime")),
        agent_id=None,
        entra_device_ids=tuple(sorted(filter(None, devices))),
        person_ids=tuple(sorted(filter(None, people))),
        state=choice(raw.get("status"), _STATES, "unknown"),
    )


NORMALIZER = Normalizer(vendor="m365", resource="alerts_v2", kind=Alert, version=1, normalize=normalize)
