"""Microsoft's addresses and limits."""

from __future__ import annotations

from mspbyte_common.vendors.budget import Limit

LOGIN = "https://login.microsoftonline.com"
GRAPH = "https://graph.microsoft.com"
SCOPE = "https://graph.microsoft.com/.default"

LIMITS = (
    Limit(scope="account", requests=1_000, seconds=10),
    Limit(scope="account", concurrent=8),
)
"""Graph grants the smallest tenant 3,500 resource units per 10 s and application; a read costs one to three."""
