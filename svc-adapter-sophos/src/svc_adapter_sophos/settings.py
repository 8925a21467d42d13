"""Sophos Central's addresses and limits."""

from __future__ import annotations

from mspbyte_common.vendors.limits import Limit

IDENTITY = "https://id.sophos.com"
API = "https://api.central.sophos.com"
DOMAIN = "sophos.com"
"""What regions' hosts are under: the list of regions grows, the domain does not."""

LIMITS = (
    Limit(scope="connection", requests=10, seconds=1),
    Limit(scope="connection", requests=100, seconds=60),
    Limit(scope="connection", requests=1_000, seconds=3_600, burst=0.1),
    Limit(scope="connection", requests=200_000, seconds=86_400),
)
"""Published as 10/s, 100/min, 1,000/h, 200,000/day without saying per what: taken per credential, the safest reading.
Override with MSPBYTE_LIMITS where Sophos has told you otherwise. No limit on what happens at a time is documented, nor any
header but Retry-After."""
