"""Autotask's addresses and limits."""

from __future__ import annotations

from mspbyte_common.vendors.budget import Limit

ZONE_LOOKUP = "https://webservices.autotask.net"
ZONE_HOURS = 24
DOMAIN = "autotask.net"
"""What zones' hosts are under."""

LIMITS = (
    Limit(scope="connection", requests=5_000, seconds=3_600),
    Limit(scope="endpoint", concurrent=2),
)
"""The database allows 10,000 requests an hour to everything the MSP runs, so half is left to others; from half on it
answers more slowly. It refuses a fourth concurrent request per tracking identifier and entity."""
