"""Until when Microsoft mends what is found in a version of Windows.

Dates are those of learn.microsoft.com/lifecycle for the edition that is supported longest, LTSC aside, in UTC; a machine
without Enterprise, or with extended security updates, may differ.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_CLIENT: Final[dict[int, tuple[str, str]]] = {
    7601: ("Windows 7", "2020-01-14"),
    9200: ("Windows 8", "2016-01-12"),
    9600: ("Windows 8.1", "2023-01-10"),
    10240: ("Windows 10 1507", "2017-05-09"),
    10586: ("Windows 10 1511", "2017-10-10"),
    14393: ("Windows 10 1607", "2019-04-09"),
    15063: ("Windows 10 1703", "2019-10-08"),
    16299: ("Windows 10 1709", "2020-10-13"),
    17134: ("Windows 10 1803", "2021-05-11"),
    17763: ("Windows 10 1809", "2021-05-11"),
    18362: ("Windows 10 1903", "2020-12-08"),
    18363: ("Windows 10 1909", "2022-05-10"),
    19041: ("Windows 10 2004", "2021-12-14"),
    19042: ("Windows 10 20H2", "2023-05-09"),
    19043: ("Windows 10 21H1", "2022-12-13"),
    19044: ("Windows 10 21H2", "2024-06-11"),
    19045: ("Windows 10 22H2", "2025-10-14"),
    22000: ("Windows 11 21H2", "2024-10-08"),
    22621: ("Windows 11 22H2", "2025-10-14"),
    22631: ("Windows 11 23H2", "2026-11-10"),
    26100: ("Windows 11 24H2", "2027-10-12"),
    26200: ("Windows 11 25H2", "2028-10-10"),
}
_SERVER: Final[dict[int, tuple[str, str]]] = {
    7601: ("Windows Server 2008 R2", "2020-01-14"),
    9200: ("Windows Server 2012", "2023-10-10"),
    9600: ("Windows Server 2012 R2", "2023-10-10"),
    14393: ("Windows Server 2016", "2027-01-12"),
    17763: ("Windows Server 2019", "2029-01-09"),
    20348: ("Windows Server 2022", "2031-10-14"),
    26100: ("Windows Server 2025", "2034-11-14"),
}


def supported_until(version: str, *, server: bool) -> tuple[str, datetime] | None:
    """(name, the first moment without updates) of a version such as "10.0.22631.4460"; None for one not listed."""
    build = next(iter(version.split(".")[2:]), "")
    known = (_SERVER if server else _CLIENT).get(int(build)) if build.isdigit() else None
    if known is None:
        return None
    name, last = known
    return name, datetime.fromisoformat(last).replace(tzinfo=UTC)
