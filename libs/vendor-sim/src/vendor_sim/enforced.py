"""The limits as the vendors document them, over sliding windows of one process."""

import math
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import orjson

from vendor_sim.answers import Answer
from vendor_sim.autotask.errors import error
from vendor_sim.autotask.errors import of_status as autotask_error
from vendor_sim.estate import Estate
from vendor_sim.limits import Call, Permit, Refusal, Used
from vendor_sim.m365.errors import of_status as graph_error
from vendor_sim.sophos.errors import of_status as sophos_error

_COSTS = {"subscribedSkus": 3, "users": 2, "contracts": 3, "applications": 2, "members": 3, "transitiveMembers": 5}
_REPORTS = ("/v1.0/reports/authenticationMethods/", "/v1.0/auditLogs/")


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed. `scale` multiplies every amount (at least 1 is left), but no time and no concurrency.

    `sophos_retry_after`, the scope of Sophos's windows (here the credential) and the body of Autotask's refusal at
    the threshold are not documented: these are guesses.
    """

    scale: float = 1.0
    autotask_threshold: int = 10_000
    autotask_window: float = 3600.0
    autotask_concurrent: int = 3
    autotask_latency: tuple[tuple[float, float], ...] = ((0.75, 1.0), (0.5, 0.5))
    """(share of the threshold used, seconds each request waits), the highest share first."""
    graph_units: tuple[tuple[int, int], ...] = ((50, 3500), (501, 5000), (1_000_000_000, 8000))
    """(tenants with fewer users than this, resource units in 10 s)."""
    sophos_windows: tuple[tuple[int, float], ...] = ((10, 1.0), (100, 60.0), (1000, 3600.0), (200_000, 86_400.0))
    sophos_retry_after: bool = False

    def scaled(self, amount: int) -> int:
        """The amount after scaling."""
        return max(1, round(amount * self.scale))


class Window:
    """A sliding window: so much in so many seconds."""

    def __init__(self, allowed: int, seconds: float) -> None:
        self.allowed, self.seconds = allowed, seconds
        self.most = 0
        self._taken: deque[tuple[float, int]] = deque()
        self._sum = 0

    def used(self, now: float) -> int:
        """How much the last seconds took."""
        while self._taken and self._taken[0][0] <= now - self.seconds:
            self._sum -= self._taken.popleft()[1]
        return self._sum

    def wait(self, now: float, cost: int = 1) -> float:
        """Seconds until that much is free, 0.0 if it is free now."""
        over = self.used(now) + cost - self.allowed
        if over <= 0 or not self._taken:
            return 0.0
        freed = 0
        for moment, taken in self._taken:
            freed += taken
            if freed >= over:
                return moment + self.seconds - now
        return self.seconds

    def take(self, now: float, cost: int = 1) -> None:
        """Note that much as used."""
        self._taken.append((now, cost))
        self._sum += cost
        self.most = max(self.most, self.used(now))


class Enforced:
    """The limits of all three vendors; one object for every app of the process."""

    def __init__(self, estate: Estate, rules: Rules | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._estate = estate
        self._rules = rules or Rules()
        self._clock = clock
        self._windows: dict[tuple[str, ...], Window] = {}
        self._running: Counter[tuple[str, str]] = Counter()

    def admit(self, call: Call) -> Permit:
        """Count the request and say what becomes of it; a vendor without rules and every sign-in pass."""
        decide = {"autotask": self._autotask, "m365": self._graph, "sophos": self._sophos}.get(call.vendor)
        if decide is None or "oauth2" in call.template:
            return Permit()
        return decide(call)

    def threshold(self) -> tuple[int, int] | None:
        """Autotask's request threshold and how much of it is used."""
        window = self._requests()
        return window.allowed, window.used(self._clock())

    def used(self) -> dict[str, Used]:
        """Each window that was ever asked for, as `units <tenant>`, `reports <tenant>`, `sophos 60.0`."""
        return {
            " ".join(key): {"allowed": window.allowed, "seconds": window.seconds, "most": window.most}
            for key, window in sorted(self._windows.items())
        }

    def _window(self, key: tuple[str, ...], allowed: int, seconds: float) -> Window:
        if key not in self._windows:
            self._windows[key] = Window(self._rules.scaled(allowed), seconds)
        return self._windows[key]

    def _requests(self) -> Window:
        return self._window(("autotask",), self._rules.autotask_threshold, self._rules.autotask_window)

    def _autotask(self, call: Call) -> Permit:
        """The threshold of the database, with its latency, and the threads of (integration code, entity)."""
        parts, now, window = call.template.strip("/").split("/"), self._clock(), self._requests()
        if parts[-1] in {"zoneInformation", "versionInformation"}:
            return Permit()
        thread = (call.headers.get("apiintegrationcode", ""), parts[2] if len(parts) > 2 else "")
        if self._running[thread] >= self._rules.autotask_concurrent:
            return _refused(autotask_error(429, None), f"autotask threads {thread[1]}")
        if window.wait(now):
            return _refused(error("The request threshold has been exceeded.", 429), "autotask threshold")
        window.take(now)
        share = window.used(now) / window.allowed
        delay = next((seconds for least, seconds in self._rules.autotask_latency if share >= least), 0.0)
        self._running[thread] += 1
        return Permit(delay=delay, release=partial(self._running.subtract, [thread]))

    def _graph(self, call: Call) -> Permit:
        """Conditional Access and reports first, each with a limit of its own, then the tenant's resource units."""
        tenant, now = call.account or "", self._clock()
        if call.template == "/v1.0/$batch" or tenant not in self._estate.m365:
            return Permit()
        special: list[Window] = []
        if call.template.startswith("/v1.0/identity/conditionalAccess/"):
            special.append(self._window(("access", tenant), 1, 1.0))
            if special[0].wait(now):
                return _refused(graph_error(429, None), f"m365 conditionalAccess {tenant}")
        elif call.template.startswith(_REPORTS) or "signinactivity" in call.query.get("$select", "").lower():
            special.append(self._window(("reports", tenant), 5, 10.0))
            if wait := special[0].wait(now):
                return _refused(graph_error(429, math.ceil(wait)), f"m365 reports {tenant}")
        users, cost = len(self._estate.m365[tenant].users), resource_units(call)
        allowed = next(units for fewer, units in self._rules.graph_units if users < fewer)
        window = self._window(("units", tenant), allowed, 10.0)
        if wait := window.wait(now, cost):
            answer = graph_error(429, math.ceil(wait))
            application = self._estate.credentials.m365_client_id
            answer.headers["x-ms-throttle-scope"] = f"Tenant_Application/ReadWrite/{application}/{tenant}"
            return _refused(answer, f"m365 units {tenant}")
        window.take(now, cost)
        for other in special:
            other.take(now)
        share = window.used(now) / window.allowed
        headers = {"x-ms-resource-unit": str(cost)}
        return Permit(headers=headers | ({"x-ms-throttle-limit-percentage": f"{share:.1f}"} if share > 0.8 else {}))

    def _sophos(self, _call: Call) -> Permit:
        """All windows at once; a request that one refuses counts in none."""
        now = self._clock()
        windows = [self._window(("sophos", str(length)), most, length) for most, length in self._rules.sophos_windows]
        for window, (_, length) in zip(windows, self._rules.sophos_windows, strict=True):
            if wait := window.wait(now):
                retry_after = math.ceil(wait) if self._rules.sophos_retry_after else None
                return _refused(sophos_error(429, retry_after), f"sophos {length:.0f} s")
        for window in windows:
            window.take(now)
        return Permit()


def resource_units(call: Call) -> int:
    """What a GET costs: by its last segment, less with `$select` or a small `$top`, more with `$expand`, at least 1."""
    segments = [part for part in call.template.split("/") if part not in {"", "{id}", "delta"}]
    cost = _COSTS.get(segments[-1], 1)
    cost += ("$expand" in call.query) - ("$select" in call.query)
    top = call.query.get("$top", "")
    return max(1, cost - (top.isdecimal() and int(top) < 20))


def _refused(answer: Answer, scope: str) -> Permit:
    headers = {"Content-Type": "application/json", **answer.headers}
    return Permit(Refusal(answer.status, headers, orjson.dumps(answer.body), scope))
