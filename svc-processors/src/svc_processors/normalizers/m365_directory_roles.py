"""Microsoft 365 directoryRoles → role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import Role
from svc_processors.graph import members
from svc_processors.normalizer import Normalizer
from svc_processors.privileged import is_privileged
from svc_processors.reading import guid, guid_or_none, text


def normalize(raw: Mapping[str, Any]) -> Role:
    """An activated role with those it is assigned to; without the key they were not read."""
    template = guid_or_none(raw.get("roleTemplateId"))
    return Role(
        role_id=guid(raw["id"]),
        template_id=template,
        name=text(raw.get("displayName")),
        description=text(raw.get("description")),
        privileged=None if template is None else is_privileged(template),
        members=members(raw.get("members")),
    )


NORMALIZER = Normalizer(vendor="m365", resource="directoryRoles", kind=Role, version=1, normalize=normalize)
