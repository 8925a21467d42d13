"""How often each vendor was asked: what budgets and tests are judged by."""

from collections import Counter
from typing import Any


class Counters:
    """Requests by `<method> <route template>` and by account, answers by status, refusals by limit, and faults fired."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.accounts: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.faults = 0

    def document(self) -> dict[str, Any]:
        """JSON-able, sorted by name."""
        return {
            "requests": dict(sorted(self.requests.items())),
            "accounts": dict(sorted(self.accounts.items())),
            "statuses": dict(sorted(self.statuses.items())),
            "refused": dict(sorted(self.refused.items())),
            "faults": self.faults,
        }

    def clear(self) -> None:
        """Start again from zero."""
        self.requests.clear()
        self.accounts.clear()
        self.statuses.clear()
        self.refused.clear()
        self.faults = 0
