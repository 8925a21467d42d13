"""The lists that ship with the resolvers: what looks like a value and is none."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import orjson


def _shipped(name: str) -> Any:
    return orjson.loads(files("svc_resolvers").joinpath("data", name).read_bytes())


@cache
def placeholder_serials() -> frozenset[str]:
    """What firmware says where nobody wrote a serial number, in canonical form.

    The defaults of AMI, Phoenix and Insyde firmware and of common boards, as SMBIOS inventories meet them.
    """
    return frozenset(_shipped("placeholder_serials.json"))


@cache
def placeholder_host_names() -> frozenset[str]:
    """What stands where a device has no name."""
    return frozenset(_shipped("placeholder_host_names.json")["placeholders"])


@cache
def generic_host_names() -> frozenset[str]:
    """Names devices come out of the box with: in order, but they tell no device from another."""
    return frozenset(_shipped("placeholder_host_names.json")["generic"])


@cache
def virtual_mac_prefixes() -> tuple[str, ...]:
    """The beginnings of addresses that hypervisors and VPN clients give out, the same on many machines.

    Assignments of the IEEE's register (MA-L), and the fixed addresses the makers' manuals name. Checked on 2026-11-23
    against the register as Debian's package ieee-data 20220827.1 has it (oui.txt, of 2022-08-27): each is assigned to
    the maker named, or, `000f4b` and `589cfc`, to its successor Oracle and the FreeBSD Foundation. Not in it: `00ff` and
    `525400`, which the TAP driver and QEMU made up, and `bc2411`, Proxmox's since its version 8.1 of 2023.
    """
    return tuple(_shipped("virtual_macs.json"))


@cache
def dock_mac_prefixes() -> tuple[str, ...]:
    """The beginnings of addresses of docks and USB adapters, which go from one machine to the next.

    Assignments of the IEEE's register (MA-L) to makers of such adapters; makers that sell whole computers too are left out.
    Checked on 2026-11-23 against the register as Debian's package ieee-data 20220827.1 has it (oui.txt, of 2022-08-27):
    each is assigned to the maker named.
    """
    return tuple(_shipped("dock_macs.json"))


@cache
def public_domains() -> frozenset[str]:
    """Domains of mail providers and website hosters: they tell nothing about whose they are."""
    return frozenset(_shipped("public_domains.json"))
