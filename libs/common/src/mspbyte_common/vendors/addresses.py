"""Which addresses may be given a credential: read strictly, compared exactly.

Every reader of addresses has its own idea of odd ones (which of two hosts, what a backslash is, where a name ends), so an
odd one is refused, whoever it is that wrote it.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from mspbyte_common.errors import HostRefused

LONGEST: Final = 32_768
"""Characters of an address; next links are long."""
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_AUTHORITY: Final = re.compile(rf"(\[[0-9a-f:.]{{2,45}}\]|{_LABEL}(?:\.{_LABEL})*)(?::([0-9]{{1,5}}))?")
_PORTS: Final = {"https": 443, "http": 80}
_NUMBER: Final = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
_WIRE_SERVER: Final = ipaddress.ip_address("168.63.129.16")
"""Azure's own service to its machines; public by number, not by nature."""
_EMBEDDING: Final = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_EMBEDDING: Final = ipaddress.ip_network("64:ff9b:1::/48")


def origin(url: str) -> str:
    """scheme://host:port of an address, the default port left out, host in lower case.

    HostRefused for what is not plainly an http(s) address of a host: user names, encoded or international hosts, trailing
    dots, numbers that are no dotted quad, backslashes, blanks and control characters anywhere.
    """
    if len(url) > LONGEST or "\\" in url or any(char.isspace() or not char.isprintable() for char in url):
        raise HostRefused("the address is too long, or has a backslash, a blank or a control character in it")
    scheme, colon, rest = url.partition("://")
    scheme = scheme.lower()
    if not colon or scheme not in _PORTS:
        raise HostRefused("the address is neither https nor http")
    found = _AUTHORITY.fullmatch(re.split(r"[/?#]", rest, maxsplit=1)[0].lower())
    if found is None:
        raise HostRefused("the address has no plain host, or a user name in it")
    host, port = found[1], int(found[2] or _PORTS[scheme])
    if not 0 < port < 65_536:  # noqa: PLR2004 - what a port is
        raise HostRefused("the address has no usable port")
    host = _plain(host)
    return f"{scheme}://{host}" + ("" if port == _PORTS[scheme] else f":{port}")


def _plain(host: str) -> str:
    if host.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError:
            raise HostRefused("the address's host is no IPv6 address") from None
    labels = host.split(".")
    if len(host) > 253 or any(label.startswith("xn--") for label in labels):  # noqa: PLR2004 - DNS's own number
        raise HostRefused("the address's host is too long or international")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise HostRefused("the address's host is a number that is no dotted quad") from None
    return host


def named_by_vendor(url: str, *, domain: str, configured: str) -> str:
    """The base address a vendor's answer names, if it is one the vendor may name; without a slash at its end.

    https, the default port, and a host under `domain`, where the configured address is such a one too; else the
    configured address's own host, spoken to in the same way (on loopback, where simulators are, at any port).
    """
    given, known = urlsplit(origin(url)), urlsplit(origin(configured))
    if "?" in url or "#" in url or "@" in url or "%" in url or ".." in url:
        raise HostRefused(f"the vendor names {given.netloc} with more than a path")
    if known.scheme == "https" and _under(known.hostname, domain):
        fits = given.scheme == "https" and given.port is None and _under(given.hostname, domain)
    else:
        same_port = given.port == known.port or _is_loopback_name(known.hostname)
        fits = given.scheme == known.scheme and given.hostname == known.hostname and same_port
    if fits:
        return url.rstrip("/")
    raise HostRefused(f"the vendor names {given.scheme}://{given.netloc}, which is not under {domain}")


def _under(host: str | None, domain: str) -> bool:
    return host is not None and host.endswith(f".{domain}")


def is_loopback(place: str) -> bool:
    """Whether an origin is this machine, by number or by its one name."""
    return _is_loopback_name(urlsplit(place).hostname)


def _is_loopback_name(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


def is_public(address: str) -> bool:
    """Whether a resolved address is one of the internet's: not private, link-local, shared, multicast or one in disguise."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _EMBEDDING:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local or ip in _LOCAL_EMBEDDING:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and ip != _WIRE_SERVER
