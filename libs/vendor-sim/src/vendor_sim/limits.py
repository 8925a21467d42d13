"""The seam for the vendors' limits. Nothing is limited yet; a Limits decides before the request is answered."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer in place of the vendor's: status, headers and body as the vendor sends them when it throttles."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Limits(Protocol):
    """Whether one more request is allowed."""

    def admit(self, vendor: str, account: str | None, template: str) -> Refusal | None:
        """None to let the request pass."""
        ...


class Unlimited:
    """Every request is allowed."""

    def admit(self, vendor: str, account: str | None, template: str) -> Refusal | None:
        """Always None."""
        del vendor, account, template
        return None


UNLIMITED = Unlimited()
