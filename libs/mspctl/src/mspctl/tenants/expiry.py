"""When a credential ends: what a person says, else what its certificate says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from cryptography import x509

from mspbyte_common.errors import UsageError


def expiry_of(parts: Mapping[str, str], told: datetime | None) -> datetime | None:
    """The earlier of the two, in UTC; None when nobody knows. UsageError for a certificate that cannot be read."""
    known = [] if told is None else [told if told.tzinfo is not None else told.replace(tzinfo=UTC)]
    if "certificate_pem" in parts:
        try:
            known.append(x509.load_pem_x509_certificate(parts["certificate_pem"].encode()).not_valid_after_utc)
        except ValueError:
            message = "certificate_pem is not a certificate in PEM form."
            raise UsageError(message) from None
    return min(known, default=None)
