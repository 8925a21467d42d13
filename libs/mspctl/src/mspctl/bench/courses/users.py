"""One large directory after another: read for the first time, again unchanged, and again with one percent changed.

After each of the first two dlt does the same, from the same simulator into the same server. Each round has a directory of
its own, so that each finds nothing of its users; at last single users are changed, and their findings waited for.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

import httpx

from mspctl.bench import store
from mspctl.bench.baselines.process import ask
from mspctl.bench.courses.estate import LOOK_SECONDS, SECONDS, Running, running
from mspctl.bench.figure import Ground
from mspctl.bench.observe import cost, look
from mspctl.bench.work import until
from mspctl.embedded import postgres
from mspctl.failure import Failure

FIELDS: Final = (
    "id,displayName,givenName,surname,userPrincipalName,mail,otherMails,proxyAddresses,accountEnabled,userType,createdDateTime,"
    "assignedLicenses,mobilePhone,businessPhones,onPremisesSyncEnabled,jobTitle,department,companyName"
)
"""What the adapter selects of a user, and so what dlt is given to select."""
PAGE: Final = 999
PERCENT: Final = 100
CHECK: Final = "licensed_but_disabled"


@dataclass(frozen=True)
class Taken:
    """What one reading took: seconds until nothing was left to do, and what it cost."""

    seconds: float
    records: int
    cost: dict[str, Any]


@dataclass(frozen=True)
class Round:
    """Ours and dlt's in turn; dlt's are what the baseline process answers."""

    first: Taken
    dlt_first: dict[str, Any]
    unchanged: Taken
    dlt_unchanged: dict[str, Any]
    one_percent: Taken


@dataclass(frozen=True)
class Course:
    """All rounds, and the seconds from each single change to its finding."""

    rounds: tuple[Round, ...]
    changes: tuple[float, ...]
    users: int


async def course(ground: Ground) -> Course:
    """Goes through it once."""
    size = ground.size
    async with (
        running(ground.directory / "users", clients=size.rounds) as at,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        await at.synced()
        await store.rest(at.connection)
        await store.create_database(at.connection, "dlt")
        tenants = [
            account["external_id"]
            for account in at.truth["accounts"]
            if account["vendor"] == "m365" and account["company_id"]
        ]
        large = [Large(at, client, tenant, size.users) for tenant in tenants[: size.rounds]]
        rounds = [await one.round(number) for number, one in enumerate(large)]
        return Course(tuple(rounds), await large[-1].findings(size.changes), size.users)


@dataclass(frozen=True)
class Large:
    """A directory that is going to be large."""

    at: Running
    client: httpx.AsyncClient
    tenant: str
    users: int

    async def round(self, number: int) -> Round:
        """Fills the directory and reads it in all ways."""
        await self._tell("crowd", {"account": self.tenant, "users": self.users})
        first = await self._read()
        dlt_first = await self._dlt(number)
        unchanged = await self._read()
        dlt_unchanged = await self._dlt(number)
        for user in await self._some(self.users // PERCENT):
            await self._change(user, {"displayName": f"{user['displayName']} (new)"})
        return Round(first, dlt_first, unchanged, dlt_unchanged, await self._read())

    async def findings(self, number: int) -> tuple[float, ...]:
        """Disables licensed users one by one; seconds from each change, its job due at once, to the finding."""
        job = await self._job()
        await store.ask(self.at.connection, job, full=False)  # what has changed so far
        await self.at.idle()
        took = []
        for user in await store.like_those_found(self.at.connection, self.tenant, CHECK, number):
            began = time.monotonic()
            await self._change(user, {"accountEnabled": False})
            await store.ask(self.at.connection, job, full=False)
            found = partial(store.has_finding, self.at.connection, CHECK, user["id"])
            await until("the finding is there", found, look=LOOK_SECONDS)
            took.append(time.monotonic() - began)
            await self.at.idle()
        return tuple(took)

    async def _read(self) -> Taken:
        job, before = await self._job(), await look(self.at.fleet, self.at.connection)
        began = time.monotonic()
        since = await store.ask(self.at.connection, job, full=True)
        await until("the run is over", partial(store.run_over, self.at.connection, job, since), seconds=SECONDS)
        await self.at.idle()
        seconds = time.monotonic() - began
        state, records = await store.run_since(self.at.connection, job, since)
        if state != "succeeded" or records < self.users:
            message = f"the run that was to be measured {state} with {records} records"
            raise Failure(message)
        await self.at.sound()
        return Taken(seconds, records, cost(before, await look(self.at.fleet, self.at.connection), records))

    async def _dlt(self, number: int) -> dict[str, Any]:
        known = self.at.vendors["m365"]
        return await ask(
            "dlt_users",
            {
                **{name: known[name] for name in ("graph", "login", "client_id", "client_secret")},
                "tenant": self.tenant,
                "params": {"$top": str(PAGE), "$select": FIELDS},
                "database": postgres.url(self.at.fleet.home, postgres.OWNER, "dlt"),
                "dataset": f"round_{number}",
                "directory": str(self.at.fleet.home.path / "dlt"),
            },
        )

    async def _job(self) -> UUID:
        return await store.job_of(self.at.connection, "m365", self.tenant, "users")

    async def _some(self, number: int) -> list[dict[str, Any]]:
        """So many of the crowd, as the simulator has them."""
        return await store.some_of(self.at.connection, self.tenant, number)

    async def _change(self, user: dict[str, Any], fields: dict[str, Any]) -> None:
        record = {**user, **fields}
        where = {"vendor": "m365", "account": self.tenant, "collection": "users", "id": user["id"]}
        await self._tell("mutate", {**where, "record": record})

    async def _tell(self, what: str, document: dict[str, Any]) -> None:
        answer = await self.client.post(f"{self.at.vendors['m365']['graph']}/_sim/{what}", json=document, timeout=120)
        answer.raise_for_status()
