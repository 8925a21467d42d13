"""Microsoft 365 domains → domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mspbyte_common.models import Domain
from svc_processors.normalizer import Normalizer
from svc_processors.reading import flag, required_text, strings, text


def normalize(raw: Mapping[str, Any]) -> Domain:
    """A domain's id is its name."""
    return Domain(
        name=required_text(raw["id"]),
        verified=flag(raw.get("isVerified")),
        is_default=flag(raw.get("isDefault")),
        is_initial=flag(raw.get("isInitial")),
        authentication=text(raw.get("authenticationType")),
        services=tuple(sorted(strings(raw.get("supportedServices")))),
    )


NORMALIZER = Normalizer(vendor="m365", resource="domains", kind=Domain, version=1, normalize=normalize)
