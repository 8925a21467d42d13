"""The same host name, serial number and MAC address as different tools write them."""

from vendor_sim.dice import Dice

PLACEHOLDERS = ("To be filled by O.E.M.", "None", "Default string", "0", "")
"""What firmware and people put where a serial number should be."""


def host(name: str, dice: Dice) -> str:
    """Another letter case or a domain suffix, about one time in eight."""
    return dice.weighted(
        ((name, 0.87), (name.upper(), 0.05), (name.lower(), 0.04), (f"{name}.corp.local", 0.03), (f"{name} ", 0.01))
    )


def serial(true: str | None, dice: Dice, damaged: float = 0.04) -> str | None:
    """The serial with the case and blanks of hand-kept data; a placeholder for some, and for virtual machines."""
    if true is None or dice.chance(damaged):
        return dice.pick((*PLACEHOLDERS, None))
    return dice.weighted(((true, 0.93), (true.lower(), 0.04), (f"{true} ", 0.03)))


def colons(mac: str) -> str:
    """`34:48:ED:5D:72:E5`, as Sophos writes it."""
    return ":".join(mac[at : at + 2] for at in range(0, 12, 2))


def bracketed(mac: str, dice: Dice) -> str:
    """As Autotask's RMM audit writes it: usually bare digits in brackets, at times hyphens."""
    return dice.weighted(((f"[{mac}]", 0.7), ("-".join(mac[at : at + 2] for at in range(0, 12, 2)), 0.3)))
