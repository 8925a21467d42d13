"""What an operating system's name tells."""

from __future__ import annotations

import pytest

from mspbyte_common.models.device import DeviceClass, OsFamily
from svc_processors.systems import device_class, os_family

FAMILIES: dict[str | None, OsFamily] = {
    "Windows": "windows",
    "Windows Server 2022 Standard": "windows",
    "WindowsPhone": "other",
    "macOS": "macos",
    "MacMDM": "macos",
    "Mac": "macos",
    "Mac OS X": "macos",
    "iOS": "ios",
    "iPadOS": "ios",
    "IPhone": "ios",
    "AndroidForWork": "android",
    "Linux": "linux",
    "Ubuntu 22.04.5 LTS": "linux",
    "ChromeOS": "other",
    "Unknown": "unknown",
    "": "unknown",
    None: "unknown",
}

CLASSES: list[tuple[OsFamily, str | None, DeviceClass]] = [
    ("windows", None, "workstation"),
    ("windows", "Windows Server 2022", "server"),
    ("macos", "macOS", "workstation"),
    ("linux", "Ubuntu", "workstation"),
    ("linux", "Ubuntu Server", "server"),
    ("ios", "file-server", "mobile"),
    ("android", None, "mobile"),
    ("other", None, "other"),
    ("unknown", "server", "unknown"),
]


@pytest.mark.parametrize(("name", "family"), FAMILIES.items(), ids=repr)
def test_a_system_has_a_family(name: str | None, family: OsFamily) -> None:
    assert os_family(name) == family


@pytest.mark.parametrize(("family", "name", "expected"), CLASSES)
def test_a_family_and_a_name_make_a_class(family: OsFamily, name: str | None, expected: DeviceClass) -> None:
    assert device_class(family, name) == expected
