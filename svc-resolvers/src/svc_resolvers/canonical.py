"""One form per value: two spellings of one thing become equal, and what is no value becomes None.

Every function is idempotent: the canonical form of a canonical form is itself.
"""

from __future__ import annotations

import re

from svc_resolvers.shipped import dock_mac_prefixes, public_domains, virtual_mac_prefixes

_PHONE_KEEPS = 9
_PHONE_NEEDS = 7
_SERIAL_NEEDS = 4
_GROUP_BIT = 0x01
_LOCAL_BIT = 0x02

_STRAY = " \t\r\n'\"`<>\u2018\u2019\u201c\u201d"
_EXTENSION = re.compile(r"(?:ext|durchwahl|(?<=[\d\s])x(?=[\s.:]*\d)|#|;).*", re.IGNORECASE | re.DOTALL)
_DOMAIN = re.compile(r"(?=.{1,253}$)(?:(?!-)[\w-]{1,63}(?<!-)\.)+(?!-)[\w-]{2,63}(?<!-)")
_LOCAL_PART = re.compile(r"[^\s@\"<>(),;:\\\[\]]{1,64}")
_MAC_NOISE = re.compile(r"[\s:.\-\[\](){}]")
_MAC = re.compile(r"[0-9a-f]{12}")
_ADDRESS_LIKE = re.compile(r"[\d.]+|[0-9a-f:.%]*:[0-9a-z:.%]*")
_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+-]*:)?/*")


def upn(value: str) -> str | None:
    """A user principal name, trimmed and case-folded."""
    return value.strip().casefold() or None


def email(value: str) -> str | None:
    """An address in lower case without stray quotes; None for what is no address."""
    local, at, host = value.strip(_STRAY).lower().rpartition("@")
    host_domain = domain(host)
    if not at or host_domain is None or not _LOCAL_PART.fullmatch(local):
        return None
    return f"{local}@{host_domain}"


def phone(value: str) -> str | None:
    """The last nine digits before any extension: what all spellings share. None if there are fewer than seven."""
    digits = re.sub(r"\D", "", _EXTENSION.sub("", value), flags=re.ASCII)
    return digits[-_PHONE_KEEPS:] if len(digits) >= _PHONE_NEEDS else None


def host_name(value: str) -> str | None:
    """A name in lower case without its domain. Addresses, and names of several words, keep their dots."""
    name = " ".join(value.lower().split())
    if " " in name or _ADDRESS_LIKE.fullmatch(name):
        return name or None
    return name.partition(".")[0] or None


def serial(value: str) -> str:
    """Upper case, with single blanks."""
    return " ".join(value.upper().split())


def is_serial(canonical: str) -> bool:
    """Whether a canonical serial could be one by its shape: long enough, and not one sign repeated."""
    signs = re.sub(r"[\W_]", "", canonical)
    return len(signs) >= _SERIAL_NEEDS and len(set(signs)) > 1


def mac(value: str) -> str | None:
    """Twelve lower-case hex digits from any notation; None for what is none or nobody's: zero, broadcast, multicast."""
    digits = _MAC_NOISE.sub("", value.lower())
    if not _MAC.fullmatch(digits) or not digits.strip("0") or int(digits[:2], 16) & _GROUP_BIT:
        return None
    return digits


def is_hardware(canonical: str) -> bool:
    """Whether a canonical MAC tells a machine: not made up locally, nor of a hypervisor, a VPN client, a dock."""
    strange = virtual_mac_prefixes() + dock_mac_prefixes()
    return not int(canonical[:2], 16) & _LOCAL_BIT and not canonical.startswith(strange)


def domain(value: str) -> str | None:
    """A domain in lower case without the root's dot; None for what is none."""
    name = value.strip().lower().removesuffix(".")
    return name if _DOMAIN.fullmatch(name) and not name.rpartition(".")[2].isdigit() else None


def website_domain(value: str) -> str | None:
    """The domain of a website's or mail's address; None for what has none."""
    address = _SCHEME.sub("", value.strip().lower())
    host = re.split(r"[/?#\\\s,;]", address, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    return domain(host.removeprefix("www."))


def is_public(canonical: str) -> bool:
    """Whether a domain belongs to a provider, and so says nothing about its user."""
    labels = canonical.split(".")
    return any(".".join(labels[start:]) in public_domains() for start in range(len(labels)))
