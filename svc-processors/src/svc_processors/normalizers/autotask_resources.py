"""Autotask Resources → technician."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mspbyte_common.models import Technician
from svc_processors.caseless import Caseless
from svc_processors.normalizer import Normalizer
from svc_processors.reading import flag, ident, label, text

_API_USER: Final = "7"


def normalize(raw: Mapping[str, Any]) -> Technician:
    """A resource, of which no more than its name, address and state is asked for."""
    record = Caseless(raw)
    licence = label(record.get("licenseType"))
    return Technician(
        technician_id=ident(record["id"]),
        first_name=text(record.get("firstName")),
        last_name=text(record.get("lastName")),
        email=text(record.get("email")),
        active=flag(record.get("isActive")),
        integration=None if licence is None else licence == _API_USER,
    )


NORMALIZER = Normalizer(vendor="autotask", resource="Resources", kind=Technician, version=1, normalize=normalize)
