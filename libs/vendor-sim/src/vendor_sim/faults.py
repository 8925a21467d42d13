"""Declared misbehaviour: what goes wrong, for whom, how often."""

from dataclasses import dataclass, fields
from typing import Any

ALWAYS = -1
_PLAIN = {"malformed", "html", "drop", "slow", "blank", "repeat"}
_CODED = ("status:", "html:")


@dataclass(slots=True)
class Fault:
    """After `after` that pass, the next `times` requests of the vendor whose path (with query) contains the text go wrong.

    `action` is `status:<code>` (the vendor's own error body; `retry_after` seconds as a header if given, as a date by a
    clock that is `clock_ahead` seconds fast if `dated`), `malformed` (the right answer cut in half), `html` (a gateway's
    502 page, or `html:<code>`), `blank` (200 and no body), `repeat` (the answer before this one, once more), `drop` (the
    connection closes in the middle of the body) or `slow` (`seconds` late, then right). `times` -1 lasts until the faults
    are cleared.
    """

    vendor: str
    path_contains: str = ""
    account: str | None = None
    times: int = 1
    action: str = "status:500"
    retry_after: int | None = None
    seconds: float = 1.0
    after: int = 0
    dated: bool = False
    clock_ahead: int = 0

    def __post_init__(self) -> None:
        kind, colon, code = self.action.partition(":")
        if self.action not in _PLAIN and not (kind + colon in _CODED and code.isdecimal()):
            message = f"unknown action {self.action!r}"
            raise ValueError(message)

    @property
    def status(self) -> int | None:
        """The status to answer, None for the other actions."""
        return int(self.action[7:]) if self.action.startswith("status:") else None

    @property
    def page_status(self) -> int | None:
        """The status of a gateway's page, None for the other actions."""
        kind, _, code = self.action.partition(":")
        return int(code or 502) if kind == "html" else None


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

    def repeats(self, vendor: str) -> bool:
        """Whether an answer must be remembered, to be given again."""
        return any(fault.vendor == vendor and fault.action == "repeat" for fault in self._faults)

    def take(self, vendor: str, path: str, account: str | None) -> Fault | None:
        """The first fault for this request, used up by one; None if there is none."""
        for fault in self._faults:
            if fault.vendor == vendor and fault.path_contains in path and fault.account in {None, account}:
                if fault.after > 0:
                    fault.after -= 1
                    continue
                if fault.times != ALWAYS:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return None
