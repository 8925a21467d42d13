"""Microsoft's addresses and limits."""

from __future__ import annotations

from mspbyte_common.vendors.limits import Limit

LOGIN = "https://login.microsoftonline.com"
GRAPH = "https://graph.microsoft.com"
SCOPE = "https://graph.microsoft.com/.default"

LIMITS = (
    Limit(scope="connection", units=150_000, seconds=20),
    Limit(scope="account", units=3_500, seconds=10),
    Limit(scope="account", requests=2_000, seconds=20, resources=frozenset({"managedDevices"})),
    Limit(scope="account", requests=5, seconds=10, resources=frozenset({"userRegistrationDetails", "signInActivity"})),
    Limit(scope="account", requests=1, seconds=1, resources=frozenset({"conditionalAccessPolicies"})),
    Limit(scope="account", requests=150, seconds=60, resources=frozenset({"alerts_v2", "secureScores"})),
)
"""In resource units (see `cost.py`) what Graph grants the application in all tenants and, of its three sizes, the smallest
tenant; larger ones have 5,000 and 8,000. Then the services with limits of their own: Intune, the reports of Entra,
Conditional Access (shared with all applications of the tenant), security. Graph documents no limit on what happens at a time
for these lists. The numbers are Microsoft's pages' of 2025."""
