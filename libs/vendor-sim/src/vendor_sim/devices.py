"""The machines of a client, before any vendor has written them down."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vendor_sim.clients import Client
from vendor_sim.dice import Dice
from vendor_sim.people import Person

MachineKind = Literal["workstation", "server", "mobile"]
VIRTUAL_MACS = ("00155D", "005056", "000569")
"""Vendor prefixes of Hyper-V and VMware adapters; two machines may show the same host adapter."""
_REAL_MACS = ("3448ED", "A4BB6D", "F8E43B", "C85B76", "9C7BEF", "D4D252")
_MODELS = (
    ("Dell Inc.", "Latitude 5540"), ("LENOVO", "20XW004XGE"), ("HP", "HP EliteBook 840 G10"),
    ("Dell Inc.", "OptiPlex 7010"),
    ("Microsoft Corporation", "Surface Laptop 5"), ("LENOVO", "ThinkCentre M70q"),
)  # fmt: skip


@dataclass(slots=True)
class Machine:
    """One device. `seen` is its last sign of life anywhere, `born` its enrolment; MACs are 12 hex digits."""

    kind: MachineKind
    host: str
    platform: str
    maker: str
    model: str
    serial: str | None
    lan: str
    wifi: str | None
    shared_macs: list[str]
    virtual: bool
    owner: Person | None
    seen: datetime
    born: datetime
    stale: bool
    in_entra: bool = False
    in_intune: bool = False
    in_sophos: bool = False
    in_autotask: bool = False
    device_id: str = ""


def equip(client: Client, dice: Dice, now: datetime) -> None:
    """All machines of the client. Host names are unique inside the client and repeat across clients."""
    members = [person for person in client.people if person.kind == "member"]
    style = client.index % 4
    docks = [_mac(dice, _REAL_MACS) for _ in range(1 + len(members) // 40)]
    taken: set[str] = set()
    for number, person in enumerate(members, start=1):
        if not dice.chance(0.92):
            continue
        machine = _workstation(client, dice, now, _host(style, number, client, dice, taken), person)
        if dice.chance(0.12):
            machine.shared_macs.append(dice.pick(docks))
        client.machines.append(machine)
    for number in range(1 + len(members) // 35):
        client.machines.append(_server(client, dice, now, number))
    for number, person in enumerate(dice.sample(members, len(members) // 5), start=1):
        if client.tenant_id:
            client.machines.append(_mobile(dice, now, number, person))


def _workstation(client: Client, dice: Dice, now: datetime, host: str, owner: Person) -> Machine:
    mac_os = dice.chance(0.1)
    virtual = not mac_os and dice.chance(0.02)
    maker, model = ("Apple", "MacBookPro18,3") if mac_os else dice.pick(_MODELS)
    if virtual:
        maker, model = "Microsoft Corporation", "Virtual Machine"
    stale = dice.chance(0.07)
    fresh = not stale and dice.chance(0.012)
    born = dice.before(now, 0.1, 0.4) if fresh else dice.before(now, 160, 1500)
    seen = dice.before(now, 46, 150) if stale else dice.before(now, 0.001, 0.09 if fresh else 20)
    machine = Machine(
        kind="workstation",
        host=host,
        platform="macOS" if mac_os else "Windows",
        maker=maker,
        model=model,
        serial=None if virtual else _serial(maker, dice),
        lan=_mac(dice, VIRTUAL_MACS) if virtual else _mac(dice, _REAL_MACS),
        wifi=None if virtual or dice.chance(0.15) else _mac(dice, _REAL_MACS),
        shared_macs=[f"{dice.pick(VIRTUAL_MACS)}C00001"] if dice.chance(0.15) else [],
        virtual=virtual,
        owner=owner,
        seen=seen,
        born=born,
        stale=stale,
        in_sophos=bool(client.sophos_id) and dice.chance(0.4 if fresh else 0.95),
        in_autotask=dice.chance(0.94),
        device_id=dice.guid(),
    )
    if client.tenant_id:
        machine.in_entra = dice.chance(0.98)
        machine.in_intune = dice.chance(0.92) or not machine.in_entra
    if not (machine.in_entra or machine.in_intune or machine.in_sophos):
        machine.in_autotask = True
    return machine


def _server(client: Client, dice: Dice, now: datetime, number: int) -> Machine:
    virtual = dice.chance(0.7)
    host = (
        "DC01" if number == 0 else f"{('SRV-FILE', 'SRV-SQL', 'SRV-APP', 'SRV-RDS')[number % 4]}{(number + 3) // 4:02d}"
    )
    linux = number > 0 and dice.chance(0.1)
    in_sophos = bool(client.sophos_id) and (number == 0 or dice.chance(0.9))
    return Machine(
        kind="server",
        host=host,
        platform="Linux" if linux else "Windows",
        maker="VMware, Inc." if virtual else "Dell Inc.",
        model="VMware7,1" if virtual else "PowerEdge R450",
        serial=None if virtual else _serial("Dell Inc.", dice),
        lan=_mac(dice, ("005056",) if virtual else _REAL_MACS),
        wifi=None,
        shared_macs=[],
        virtual=virtual,
        owner=None,
        seen=dice.before(now, 0.001, 0.3),
        born=dice.before(now, 200, 1800),
        stale=False,
        in_sophos=in_sophos,
        in_autotask=dice.chance(0.95) or not in_sophos,
    )


def _mobile(dice: Dice, now: datetime, number: int, owner: Person) -> Machine:
    apple = dice.chance(0.6)
    stale = dice.chance(0.08)
    return Machine(
        kind="mobile",
        host=f"{'iPhone' if apple else 'Android'}-{number:03d}",
        platform="iOS" if apple else "Android",
        maker="Apple" if apple else "samsung",
        model="iPhone 14" if apple else "SM-A546B",
        serial=_serial("Apple" if apple else "samsung", dice),
        lan="",
        wifi=_mac(dice, _REAL_MACS),
        shared_macs=[],
        virtual=False,
        owner=owner,
        seen=dice.before(now, 46, 150) if stale else dice.before(now, 0.001, 20),
        born=dice.before(now, 160, 900),
        stale=stale,
        in_entra=dice.chance(0.97),
        in_intune=True,
        device_id=dice.guid(),
    )


def _host(style: int, number: int, client: Client, dice: Dice, taken: set[str]) -> str:
    """A new host name in the client's manner; `LAPTOP-01` and the like exist at many clients."""
    prefix = client.slug[:3].upper()
    host = (
        f"LAPTOP-{number:02d}",
        f"ws-{number:03d}",
        f"{prefix}-NB-{number:03d}",
        f"DESKTOP-{dice.letters(7)}",
    )[style]
    while host.lower() in taken:
        host = f"DESKTOP-{dice.letters(7)}"
    taken.add(host.lower())
    return host


def _serial(maker: str, dice: Dice) -> str:
    alphabet = "BCDFGHJKLMNPQRSTVWXYZ0123456789"
    length = {"Dell Inc.": 7, "LENOVO": 8, "Apple": 12}.get(maker, 10)
    return dice.letters(1, "BCDFGHJKLMNPQRSTVWXYZ") + dice.letters(length - 1, alphabet)


def _mac(dice: Dice, prefixes: tuple[str, ...]) -> str:
    return dice.pick(prefixes) + dice.hexes(6)
