"""Which records are one device. Strong to weak: directory id, serial, MAC, host name.

A serial that one resource has a few times is a machine that was set up anew; more often it is no serial. A MAC or a host
name that two machines of a resource have says nothing. A host name counts within one client, if it is unique in each
source and nothing known on both sides speaks against it (ADR 0006).
"""

from svc_linkers.rule import SamenessRule


def _rule(name: str, key: str, confidence: float, **more: object) -> SamenessRule:
    return SamenessRule(
        id=f"same_device_{name}",
        version=1,
        relation="same_device",
        left="device",
        left_key=key,
        right="device",
        right_key=key,
        confidence=confidence,
        **more,  # type: ignore[arg-type]
    )


BY_ENTRA_ID = _rule("entra_id", "entra_device_id", 1.00, scope="account")
BY_SERIAL = _rule("serial", "serial", 0.98, most_per_resource=3)
BY_MAC = _rule("mac", "mac", 0.90, counted_by="serial", disagree=("serial", "os_family"))
BY_HOST_NAME = _rule("host_name", "host_name", 0.80, counted_by="serial", disagree=("serial", "os_family"))
FIREWALL_BY_SERIAL = SamenessRule(
    id="same_device_firewall_serial",
    version=1,
    relation="same_device",
    left="firewall",
    left_key="serial",
    right="device",
    right_key="serial",
    confidence=0.98,
)
"""A firewall of the vendor's console, and the item the PSA bills for."""
