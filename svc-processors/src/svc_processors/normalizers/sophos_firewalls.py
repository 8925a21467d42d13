"""Sophos firewalls → firewall."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from mspbyte_common.models import Firewall
from svc_processors.normalizer import Normalizer
from svc_processors.reading import choice, flag, guid, ident_or_none, part, strings, text
from svc_processors.times import instant

Role = Literal["primary", "auxiliary", "unknown"]

_ROLES: Final[dict[str, Role]] = {"primary": "primary", "auxiliary": "auxiliary"}


def normalize(raw: Mapping[str, Any]) -> Firewall:
    """A firewall. Whether it is managed is documented as status.managing and sent as status.managingStatus too."""
    status, cluster = part(raw.get("status")), part(raw.get("cluster"))
    return Firewall(
        firewall_id=guid(raw["id"]),
        name=text(raw.get("name")),
        host_name=text(raw.get("hostname")),
        serial=text(raw.get("serialNumber")),
        model=text(raw.get("model")),
        firmware=text(raw.get("firmwareVersion")),
        addresses=tuple(sorted(strings(raw.get("externalIpv4Addresses")))),
        cluster_id=ident_or_none(cluster.get("id")),
        cluster_role=choice(cluster.get("status"), _ROLES, "unknown") if cluster else None,
        connected=flag(status.get("connected")),
        suspended=flag(status.get("suspended")),
        managing=text(status.get("managing")) or text(status.get("managingStatus")),
        reporting=text(status.get("reporting")) or text(status.get("reportingStatus")),
        state_changed_at=instant(raw.get("stateChangedAt")),
        created_at=instant(raw.get("createdAt")),
    )


NORMALIZER = Normalizer(vendor="sophos", resource="firewalls", kind=Firewall, version=1, normalize=normalize)
