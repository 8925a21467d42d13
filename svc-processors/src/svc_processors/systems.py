"""What an operating system's name tells of a device."""

from __future__ import annotations

from mspbyte_common.models.device import DeviceClass, OsFamily

_MARKS: tuple[tuple[str, OsFamily], ...] = (
    ("windows phone", "other"),
    ("windowsphone", "other"),
    ("windows", "windows"),
    ("macos", "macos"),
    ("mac os", "macos"),
    ("macmdm", "macos"),
    ("os x", "macos"),
    ("ipados", "ios"),
    ("iphone", "ios"),
    ("ipad", "ios"),
    ("ios", "ios"),
    ("android", "android"),
    ("chrome", "other"),
    ("tvos", "other"),
    ("bsd", "other"),
    ("esxi", "other"),
    ("linux", "linux"),
    ("ubuntu", "linux"),
    ("debian", "linux"),
    ("centos", "linux"),
    ("rhel", "linux"),
    ("red hat", "linux"),
    ("suse", "linux"),
    ("fedora", "linux"),
    ("rocky", "linux"),
)
"""The first mark found in the name decides: longer and stranger ones stand before the words they contain."""

_MOBILE = frozenset[OsFamily]({"ios", "android"})
_COMPUTER = frozenset[OsFamily]({"windows", "macos", "linux"})


def os_family(name: str | None) -> OsFamily:
    """The family of an operating system by the vendor's name for it: "Windows 11 Pro", "AndroidForWork", "MacMDM"."""
    lowered = (name or "").lower()
    if lowered == "mac":
        return "macos"
    return next((family for mark, family in _MARKS if mark in lowered), "unknown")


def device_class(family: OsFamily, *names: str | None) -> DeviceClass:
    """A computer is a workstation unless one of its names (of the system, of the device) says server."""
    if family in _MOBILE:
        return "mobile"
    if family in _COMPUTER:
        return "server" if any("server" in name.lower() for name in names if name) else "workstation"
    return "other" if family == "other" else "unknown"
