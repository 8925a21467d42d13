"""Which findings are right, check by check, worked out of the vendors' records alone."""

from typing import Any

from vendor_sim.estate import Estate
from vendor_sim.truths import business, machines, mfa, people

Finding = list[str]
Group = dict[str, Any]


def findings(estate: Estate, persons: list[Group], devices: list[Group]) -> dict[str, list[Finding]]:
    """By check: the records it is about. `persons` and `devices` say which records are one thing, and whose."""
    return {
        **people.findings(estate, persons),
        **mfa.findings(estate),
        **machines.findings(estate, devices),
        **business.findings(estate),
    }
