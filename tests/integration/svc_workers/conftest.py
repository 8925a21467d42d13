"""An MSP with one client that has a Microsoft 365 and a Sophos tenant, filled by the roles that may."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from mspbyte_common import ids
from mspbyte_common.db.engine import Pool, transaction
from mspbyte_common.ledger.item import Item, Next
from mspbyte_common.models import KINDS
from svc_workers.evaluate import evaluate
from svc_workers.reconciliation.billing import LISTS
from svc_workers.reports.make import report

RESOURCES = (
    ("m365", "users", "identity"),
    ("m365", "subscribedSkus", "licence"),
    ("m365", "devices", "device"),
    ("m365", "managedDevices", "device"),
    ("sophos", "endpoints", "device"),
    ("sophos", "alerts", "alert"),
    ("autotask", "Contacts", "contact"),
    ("autotask", "ConfigurationItems", "device"),
    ("autotask", "Contracts", "contract"),
    ("autotask", "ContractServices", "contract_line"),
    ("autotask", "ContractServiceUnits", "contract_unit"),
    ("autotask", "Services", "service"),
)
USUAL: dict[str, dict[str, Any]] = {
    "device": {"name": "PC-1", "device_class": "workstation", "os_family": "windows"},
    "identity": {
        "object_id": "o1",
        "display_name": "Ann Example",
        "upn": "ann@example.com",
        "aliases": (),
        "phones": (),
        "identity_type": "member",
        "enabled": True,
        "licence_ids": (),
        "sign_in_known": True,
    },
    "licence": {
        "sku_id": "spb",
        "sku": "SPB",
        "name": "Business Premium",
        "bought": 10,
        "assigned": 10,
        "free": False,
        "state": "enabled",
    },
    "alert": {"alert_id": "a1", "source": "sophos", "severity": "high", "title": "Malware found", "state": "open"},
    "contact": {"contact_id": "k1", "company_id": "c1", "emails": (), "phones": (), "active": True},
    "policy": {},
    "service": {"service_id": "s1", "name": "Endpoint Protection - Workstation"},
    "contract": {"contract_id": "c1", "company_id": "k1", "name": "Managed", "active": True},
    "contract_line": {"line_id": "l1", "contract_id": "c1", "service_id": "s1"},
    "contract_unit": {"unit_id": "u1", "contract_id": "c1", "line_id": "l1", "service_id": "s1", "units": 1},
}


class Estate:
    """What is in the database, and the stages of svc-workers, run as their own role."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._pools: dict[str, Pool] = {}
        self.now = datetime.now(UTC)
        self.msp = uuid4()
        self.account = {
            vendor: ids.account_id(ids.connection_id(self.msp, vendor, "main"), "t1")
            for vendor in ("autotask", "m365", "sophos")
        }
        self.client = ids.client_id(self.account["autotask"], "k1")

    async def pool(self, role: str) -> Pool:
        """The one pool of a role."""
        if role not in self._pools:
            self._pools[role] = await self._database.pool(role)
        return self._pools[role]

    async def run(self, role: str, query: str, *parameters: Any) -> list[Any]:
        """One statement as a role, in a transaction of its own."""
        async with transaction(await self.pool(role), self.msp) as connection:
            cursor = await connection.execute(query, parameters)
            return await cursor.fetchall() if cursor.description else []

    async def start(self) -> Estate:
        """The MSP, its accounts and its client; no listing is complete."""
        await self.run("mspctl", "INSERT INTO msp (id, name) VALUES (%s, %s)", self.msp, f"MSP {self.msp}")
        for vendor, resource, kind in RESOURCES:
            await self.run(
                "svc_adapter_m365",
                "INSERT INTO resource (vendor, name, kind, level, interval_seconds, priority)"
                " VALUES (%s, %s, %s, %s, 86400, 5) ON CONFLICT DO NOTHING",
                *(vendor, resource, kind, "root" if vendor == "autotask" else "tenant"),
            )
        for vendor in self.account:
            await self.run(
                "mspctl",
                "INSERT INTO connection (id, msp_id, vendor, name, secret, key_version)"
                " VALUES (%s, %s, %s, 'main', '', 1)",
                *(ids.connection_id(self.msp, vendor, "main"), self.msp, vendor),
            )
            await self.add_account(vendor, "t1", mapped=vendor != "autotask")
        await self.run(
            "svc_resolvers",
            "INSERT INTO client (id, msp_id, account_id, company_id, name) VALUES (%s, %s, %s, 'k1', 'Example Ltd')",
            *(self.client, self.msp, self.account["autotask"]),
        )
        return self

    async def add_account(self, vendor: str, external_id: str, *, mapped: bool = True) -> UUID:
        """One more account of the vendor's connection."""
        connection = ids.connection_id(self.msp, vendor, "main")
        account = ids.account_id(connection, external_id)
        await self.run(
            "mspctl",
            "INSERT INTO account (id, msp_id, connection_id, vendor, external_id, state, client_id, is_root, is_tenant)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            *(account, self.msp, connection, vendor, external_id),
            *(("mapped", self.client) if mapped else ("unmapped", None)),
            *((True, False) if vendor == "autotask" else (False, True)),
        )
        return account

    async def entity(
        self, source: str, kind: str, external_id: str, /, *, account: UUID | None = None, **fields: Any
    ) -> UUID:
        """An entity as it stands after resolving; the same id again rewrites it."""
        vendor, resource = source.split("/")
        owner = account or self.account[vendor]
        entity = ids.entity_id(owner, resource, external_id)
        model = KINDS[kind]
        optional = {key: field.default for key, field in model.model_fields.items() if not field.is_required()}
        data = model(**dict.fromkeys(model.model_fields) | optional | USUAL.get(kind, {}) | fields)
        await self.run(
            "svc_adapter_m365",
            "INSERT INTO entity (id, msp_id, account_id, vendor, resource, kind, external_id, raw_data, semantic_hash,"
            " volatile_hash) VALUES (%s, %s, %s, %s, %s, %s, %s, '{}', '', '') ON CONFLICT DO NOTHING",
            *(entity, self.msp, owner, vendor, resource, kind, external_id),
        )
        await self.run(
            "svc_processors",
            "UPDATE entity SET normalized_data = %s::jsonb WHERE id = %s",
            *(orjson.dumps(data.model_dump(mode="json")).decode(), entity),
        )
        await self.run("svc_resolvers", "UPDATE entity SET client_id = %s WHERE id = %s", self.client, entity)
        return entity

    async def device(self, source: str, name: str, **fields: Any) -> UUID:
        """A workstation seen yesterday, created a year ago."""
        usual: dict[str, Any] = {
            "name": name,
            "last_seen_at": self.now - timedelta(days=1),
            "created_at": self.now - timedelta(days=365),
        }
        return await self.entity(source, "device", name, **usual | fields)

    async def line(self, name: str, units: int, service: str = "Endpoint Protection - Workstation") -> UUID:
        """A contract line with its service, its contract, and a period that covers today; all their lists were read."""
        await self.complete(*LISTS)
        ids_of = {"line_id": name, "contract_id": "c1", "service_id": f"s-{service}"}
        await self.entity("autotask/Services", "service", f"s-{service}", service_id=f"s-{service}", name=service)
        await self.entity("autotask/Contracts", "contract", "c1")
        period: dict[str, Any] = {"starts_at": self.now - timedelta(days=10), "ends_at": self.now + timedelta(days=10)}
        await self.entity(
            "autotask/ContractServiceUnits",
            "contract_unit",
            f"u-{name}",
            units=units,
            **ids_of | {"unit_id": f"u-{name}"},
            **period,
        )
        return await self.entity(
            "autotask/ContractServices", "contract_line", name, unit_price=Decimal("4.50"), **ids_of
        )

    async def link(self, relation: str, source: UUID, target: UUID, *, state: str = "active") -> None:
        """An edge that holds from now on."""
        await self.run(
            "svc_linkers",
            "INSERT INTO entity_relationship (msp_id, relation, source_id, target_id, state, rule, rule_version,"
            " confidence, scope_id, key_value, evidence) VALUES (%s, %s, %s, %s, %s, %s, 1, 1, %s, 'k', '{}')",
            *(self.msp, relation, source, target, state, relation, self.client),
        )

    async def cluster(self, relation: str, *members: UUID) -> None:
        """These are one thing from now on."""
        for member in members:
            await self.run(
                "svc_linkers",
                "INSERT INTO cluster_member (msp_id, relation, entity_id, cluster_id) VALUES (%s, %s, %s, %s)",
                *(self.msp, relation, member, min(members)),
            )

    async def merge(self, leading: UUID, *others: UUID, **fields: Any) -> None:
        """These records are one thing from now on, with these fields of all of them."""
        thing = uuid4()
        await self.run(
            "svc_resolvers",
            "INSERT INTO merged (id, msp_id, account_id, vendor, kind, key_type, key_value, leading_id, document,"
            " provenance, hash) VALUES (%s, %s, %s, 'm365', 'device', 'entra_device_id', 'd', %s, %s::jsonb, '[]', '')",
            *(thing, self.msp, self.account["m365"], leading, orjson.dumps(fields).decode()),
        )
        for place, record in enumerate((leading, *others)):
            await self.run(
                "svc_resolvers",
                "INSERT INTO fragment (entity_id, msp_id, merged_id, place, contested) VALUES (%s, %s, %s, %s, false)",
                *(record, self.msp, thing, place),
            )

    async def split(self, leading: UUID) -> None:
        """The records are things of their own again."""
        await self.run("svc_resolvers", "DELETE FROM merged WHERE leading_id = %s", leading)
        await self.run("svc_resolvers", "DELETE FROM fragment WHERE merged_id NOT IN (SELECT id FROM merged)")

    async def unlink(self, source: UUID, target: UUID) -> None:
        """The edge has ended."""
        await self.run(
            "svc_linkers",
            "UPDATE entity_relationship SET valid_to = now() WHERE source_id = %s AND target_id = %s",
            *(source, target),
        )

    async def delete(self, entity: UUID) -> None:
        """The entity is gone at its source."""
        await self.run("svc_adapter_m365", "UPDATE entity SET deleted_at = now() WHERE id = %s", entity)

    async def complete(self, *sources: str, age: timedelta = timedelta(0), account: UUID | None = None) -> list[UUID]:
        """These lists have been read whole, that long ago. Returns their job ids."""
        jobs = []
        for source in sources:
            vendor, resource = source.split("/")
            owner = account or self.account[vendor]
            job = ids.job_id(owner, resource)
            await self.run(
                "mspctl",
                "INSERT INTO job (id, msp_id, account_id, vendor, resource, schedule, priority, next_fire_at)"
                " VALUES (%s, %s, %s, %s, %s, 'every 86400s', 5, now()) ON CONFLICT DO NOTHING",
                *(job, self.msp, owner, vendor, resource),
            )
            await self.run(
                "svc_adapter_m365",
                "INSERT INTO listing (job_id, msp_id, account_id, vendor, resource, complete_at, current_at)"
                " VALUES (%s, %s, %s, %s, %s, now() - %s::interval, now() - %s::interval)"
                " ON CONFLICT (job_id) DO UPDATE SET complete_at = EXCLUDED.complete_at,"
                " current_at = EXCLUDED.current_at",
                *(job, self.msp, owner, vendor, resource, age, age),
            )
            jobs.append(job)
        return jobs

    async def evaluate(self, kind: str, *subjects: UUID) -> Sequence[Next]:
        """The stage `evaluate`, for one item."""
        return await self._stage(evaluate, "evaluate", kind, list(subjects))

    async def report(
        self,
        name: str = "executive",
        *,
        client: UUID | None = None,
        fleet: bool = False,
        at: datetime | None = None,
        attempts: int = 0,
    ) -> dict[str, Any]:
        """A report asked for and made; its row. On the one client unless it says otherwise."""
        asked = uuid4()
        await self.run(
            "mspctl",
            "INSERT INTO report (id, msp_id, client_id, name, state, at) VALUES (%s, %s, %s, %s, 'requested', %s)",
            *(asked, self.msp, None if fleet else client or self.client, name, at),
        )
        await self._stage(report, "report", "client", [asked], attempts)
        [row] = await self.run("mspctl", "SELECT to_jsonb(r) FROM report r WHERE id = %s", asked)
        made: dict[str, Any] = row[0]
        return made

    async def findings(self) -> dict[tuple[str, UUID], str]:
        """The state of every finding, by check and subject."""
        rows = await self.run("svc_workers", "SELECT check_name, subject_id, state FROM finding")
        return {(check, subject): state for check, subject, state in rows}

    async def rechecks(self, only: str | None = None) -> dict[tuple[str, UUID], str | None]:
        """What every recheck waits for, or those of one check, by check and subject."""
        rows = await self.run("svc_workers", "SELECT check_name, subject_id, waits_for FROM recheck")
        return {(check, subject): waits_for for check, subject, waits_for in rows if only in {None, check}}

    async def rows(self) -> list[Any]:
        """Every row svc-workers wrote, with the transaction that wrote it."""
        return await self.run(
            "svc_workers",
            "SELECT 'finding', xmin::text, ctid::text, to_jsonb(f) FROM finding f"
            " UNION ALL SELECT 'event', xmin::text, ctid::text, to_jsonb(e) FROM finding_event e"
            " UNION ALL SELECT 'recheck', xmin::text, ctid::text, to_jsonb(r) FROM recheck r ORDER BY 1, 2, 3",
        )

    async def _stage(
        self, handler: Any, stage: str, kind: str, subjects: list[UUID], attempts: int = 0
    ) -> Sequence[Next]:
        item = Item(0, self.msp, None, None, stage, kind, subjects, attempts, "00-0-0-00")
        async with transaction(await self.pool("svc_workers"), self.msp) as connection:
            following: Sequence[Next] = await handler(connection, item)
            return following


@pytest.fixture
def estate(database: Any) -> Estate:
    """An estate to be started by the test."""
    return Estate(database)
