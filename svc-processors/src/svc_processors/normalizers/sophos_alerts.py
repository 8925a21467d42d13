"""Sophos alerts → alert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mspbyte_common.models import Alert
from mspbyte_common.models.device import Severity
from svc_processors.normalizer import Normalizer
from svc_processors.reading import choice, guid, guid_or_none, part, text
from svc_processors.times import instant

_SEVERITIES: Final[dict[str, Severity]] = {
    "low": "low",
    "medium": "medium",
    "high": "high",
    "info": "informational",
    "informational": "informational",
}


def normalize(raw: Mapping[str, Any]) -> Alert:
    """An alert. What is listed is open: an alert somebody dealt with leaves the list."""
    person = guid_or_none(part(raw.get("person")).get("id"))
    return Alert(
        alert_id=guid(raw["id"]),
        source=text(raw.get("product")) or "unknown",
        severity=choice(raw.get("severity"), _SEVERITIES, "unknown"),
        category=text(raw.get("category")),
        alert_type=text(raw.get("type")),
        title=text(raw.get("description")),
        raised_at=instant(raw.get("raisedAt")),
        agent_id=guid_or_none(part(raw.get("managedAgent")).get("id")),
        person_ids=() if person is None else (person,),
        state="open",
    )


NORMALIZER = Normalizer(vendor="sophos", resource="alerts", kind=Alert, version=2, normalize=normalize)
