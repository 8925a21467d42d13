"""Devices and firewalls, and the alerts raised on them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from mspbyte_common.models.kind import Kind, Part

DeviceClass = Literal["workstation", "server", "mobile", "firewall", "other", "unknown"]
OsFamily = Literal["windows", "macos", "linux", "ios", "android", "other", "unknown"]
Severity = Literal["low", "medium", "high", "informational", "unknown"]
Health = Literal["good", "suspicious", "bad", "unknown"]


class Product(Part):
    """A security product on a device."""

    code: str
    version: str | None
    status: str | None


class Device(Kind):
    """A device as one source sees it."""

    NAME: ClassVar[str] = "device"
    VOLATILE: ClassVar[frozenset[str]] = frozenset({"last_seen_at"})

    name: str | None
    host_name_canonical: str | None = None
    """Lower case, without the domain."""
    device_class: DeviceClass
    os_family: OsFamily
    os_name: str | None
    os_version: str | None
    serial: str | None
    serial_canonical: str | None = None
    """Upper case; None for placeholders such as "Default string"."""
    macs: tuple[str, ...] = ()
    macs_canonical: tuple[str, ...] = ()
    """Twelve lower-case hex digits each, sorted."""
    addresses: tuple[str, ...] = ()
    object_id: str | None = None
    """The directory's id of the device object."""
    entra_device_id: str | None = None
    """None for the all-zero id of an unregistered device."""
    management_id: str | None = None
    """The id in the device management system (Intune)."""
    agent_id: str | None = None
    """The id of the vendor's endpoint agent."""
    asset_id: str | None = None
    """The PSA's id of the configuration item."""
    company_id: str | None = None
    contact_id: str | None = None
    owner_id: str | None = None
    """The directory's id of the person who uses it."""
    owner_upn: str | None = None
    last_user: str | None = None
    """A log-in name as the agent reports it, such as CORP\\\\user1."""
    managed: bool | None = None
    compliance: Literal["compliant", "noncompliant", "grace", "error", "unknown"] | None = None
    active: bool | None = None
    agent_health: Health | None = None
    tamper_protection: bool | None = None
    tamper_protection_supported: bool | None = None
    isolated: bool | None = None
    products: tuple[Product, ...] | None = None
    """None where the record does not tell; an empty tuple means the agent has none."""
    last_seen_at: datetime | None = None
    created_at: datetime | None = None


class Firewall(Kind):
    """A firewall as its cloud console sees it. Of a cluster each node is one."""

    NAME: ClassVar[str] = "firewall"

    firewall_id: str
    device_class: Literal["firewall"] = "firewall"
    name: str | None
    host_name: str | None
    serial: str | None
    serial_canonical: str | None = None
    model: str | None
    firmware: str | None
    addresses: tuple[str, ...]
    cluster_id: str | None
    cluster_role: Literal["primary", "auxiliary", "unknown"] | None
    """None for one that stands alone."""
    connected: bool | None
    suspended: bool | None
    managing: str | None
    """Whether the console manages it, in the vendor's words (approved, approvalPending)."""
    reporting: str | None
    state_changed_at: datetime | None
    created_at: datetime | None


class Alert(Kind):
    """Something a security product wants a person to look at."""

    NAME: ClassVar[str] = "alert"

    alert_id: str
    source: str
    severity: Severity
    category: str | None
    alert_type: str | None
    title: str | None
    raised_at: datetime | None
    agent_id: str | None
    """The vendor's agent it was raised on."""
    entra_device_ids: tuple[str, ...] = ()
    person_ids: tuple[str, ...] = ()
    """The directory's ids of the people it concerns, sorted; so are the devices'."""
    state: Literal["open", "resolved", "unknown"]
