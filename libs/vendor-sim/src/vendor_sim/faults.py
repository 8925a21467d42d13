"""Declared misbehaviour: what goes wrong, for whom, how often."""

from dataclasses import dataclass, fields
from typing import Any

ALWAYS = -1
_PLAIN = {"malformed", "html", "drop", "slow"}


@dataclass(slots=True)
class Fault:
    """The next `times` requests of the vendor whose path (with query) contains the text go wrong.

    `action` is `status:<code>` (the vendor's own error body; `retry_after` seconds as a header if given),
    `malformed` (the right answer cut in half), `html` (a gateway's 502 page), `drop` (the connection closes in the
    middle of the body) or `slow` (`seconds` late, then right). `times` -1 lasts until the faults are cleared.
    """

    vendor: str
    path_contains: str = ""
    account: str | None = None
    times: int = 1
    action: str = "status:500"
    retry_after: int | None = None
    seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.action not in _PLAIN and not (self.action.startswith("status:") and self.action[7:].isdecimal()):
            message = f"unknown action {self.action!r}"
            raise ValueError(message)

    @property
    def status(self) -> int | None:
        """The status to answer, None for the other actions."""
        return int(self.action[7:]) if self.action.startswith("status:") else None


class Faults:
    """The faults in force, shared by all simulators of a process."""

    def __init__(self, *faults: Fault) -> None:
        self._faults = list(faults)

    def add(self, declared: list[dict[str, Any]]) -> None:
        """Add faults given as JSON objects; an unknown key or action is a ValueError and adds none."""
        known = {item.name for item in fields(Fault)}
        for entry in declared:
            if "vendor" not in entry or not entry.keys() <= known:
                message = f"a fault needs `vendor` and may have {sorted(known)}"
                raise ValueError(message)
        self._faults += [Fault(**entry) for entry in declared]

    def clear(self) -> None:
        """Back to good behaviour."""
        self._faults.clear()

    def take(self, vendor: str, path: str, account: str | None) -> Fault | None:
        """The first fault for this request, used up by one; None if there is none."""
        for fault in self._faults:
            if fault.vendor == vendor and fault.path_contains in path and fault.account in {None, account}:
                if fault.times != ALWAYS:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return None
