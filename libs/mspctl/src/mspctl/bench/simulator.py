"""What the simulators say happened: their own counters, and faults on request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Counted:
    """Requests that arrived, by account and in all, and those refused, by limit."""

    accounts: Mapping[str, int]
    refused: Mapping[str, int]
    statuses: Mapping[str, int]

    def arrived(self, accounts: tuple[str, ...] = ()) -> int:
        """Requests for these accounts; for all, where none is named."""
        return sum(number for name, number in self.accounts.items() if not accounts or name in accounts)

    def refusals(self) -> int:
        """Requests refused, by whichever limit."""
        return sum(self.refused.values())


@dataclass(frozen=True)
class Simulator:
    """One vendor's simulator."""

    vendor: str
    base: str
    client: httpx.AsyncClient

    async def counted(self) -> Counted:
        """Its counters, now."""
        answer = await self.client.get(f"{self.base}/_sim/counters")
        body: dict[str, Any] = answer.json()
        return Counted(body["accounts"], body["refused"], body["statuses"])

    async def refuse_once(self, account: str | None, seconds: int) -> None:
        """The next request for the account is refused as too many, with that Retry-After."""
        fault = {"vendor": self.vendor, "account": account, "action": "status:429", "retry_after": seconds}
        answer = await self.client.post(f"{self.base}/_sim/faults", json=[fault])
        answer.raise_for_status()
