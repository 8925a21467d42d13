"""Autotask's addresses and limits."""

from __future__ import annotations

from mspbyte_common.vendors.limits import Limit

ZONE_LOOKUP = "https://webservices.autotask.net"
ZONE_HOURS = 24
DOMAIN = "autotask.net"
"""What zones' hosts are under."""

LIMITS = (
    Limit(scope="connection", requests=5_000, seconds=3_600, burst=0.1),
    Limit(scope="endpoint", concurrent=3),
)
"""The database allows 10,000 requests in a rolling hour to everything the MSP runs, so half is left to others; from half on
it answers more slowly. Whether 10,000 holds for every database is not certain: ThresholdInformation is asked, and its number
lowers the rate (`threshold.py`). It refuses a fourth request at a time per tracking identifier and entity."""
