"""Which client a record belongs to. Nothing is guessed: what cannot be told stays without one.

In this order: for a tenant, the mapping of the account it tells of; the mapping of the account a record was read from; the
company it names; the contract it is part of, whose client it shares; the domain of its addresses, where one client alone
has verified it. Names assign nothing (`mspctl account suggest`), and an excluded account's records are nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from mspbyte_common import ids
from mspbyte_common.db.engine import Connection
from mspbyte_common.models import Company, Contact, Contract, ContractLine, ContractUnit, Device, Kind, Tenant, Ticket
from svc_resolvers import domains, store
from svc_resolvers.apply import Issue, Repair
from svc_resolvers.domains import Owner
from svc_resolvers.store import Unresolved

VERSION = 1
"""Raise it when a record gets another client than before: all records are then resolved anew."""

CONTRACT_KEY = "autotask_contract_id"
SHARED_THROUGH_CONTRACT = (Contract, ContractLine, ContractUnit)
"""Kinds whose batches wait for each other: of a contract and its lines, the later sees the earlier."""


@dataclass
class Clients:
    """The clients of the records of a batch, and the rows that clients need.

    `domains` has the records that are with nobody but for the domains of their addresses, `owners` who verified those.
    """

    by_entity: dict[UUID, UUID | None] = field(default_factory=dict)
    rows: dict[UUID, tuple[UUID, UUID, str, str | None, bool | None]] = field(default_factory=dict)
    domains: dict[UUID, tuple[str, ...]] = field(default_factory=dict)
    owners: dict[UUID, Owner] = field(default_factory=dict)

    def repairs(self, entity: UUID) -> list[Repair]:
        """What the record says of how it came to its client, where a domain told."""
        owner = self.owners.get(entity)
        if owner is None or owner.client_id is None:
            return []
        after, by = str(owner.client_id), ", ".join(owner.domains)
        repair = Repair(rule=domains.RULE, version=domains.VERSION, field="client_id", before=None, after=after, by=by)
        return [repair]

    def issues(self, entity: UUID) -> list[Issue]:
        """Why a domain did not tell: more than one client has verified it."""
        owner = self.owners.get(entity)
        if owner is None or len(owner.clients) < 2:  # noqa: PLR2004 - one client, or several
            return []
        value = f"{', '.join(owner.domains)}: verified by {len(owner.clients)} clients"
        return [Issue(domains.RULE, "client_id", value)]


async def assign(connection: Connection, msp_id: UUID, records: Sequence[tuple[Unresolved, Kind]]) -> Clients:
    """The client of each record."""
    found = Clients()
    listed = {row.id: _described_account(row, model) for row, model in records if isinstance(model, Tenant)}
    described = await store.account_clients(connection, set(listed.values())) if listed else {}
    through = await _contract_clients(connection, records)
    for row, model in records:
        state, mapped = described.get(listed[row.id], ("unmapped", None)) if row.id in listed else row.account
        company = _company_id(model)
        found.by_entity[row.id] = None
        if mapped is not None:
            found.by_entity[row.id] = mapped
        elif company is not None:
            client = ids.client_id(row.account_id, company)
            found.by_entity[row.id] = client
            if isinstance(model, Company):
                found.rows[client] = (client, row.account_id, company, model.name, model.active)
            else:
                found.rows.setdefault(client, (client, row.account_id, company, None, None))
        elif isinstance(model, ContractLine | ContractUnit):
            found.by_entity[row.id] = through.get((row.account_id, model.contract_id))
        elif state != "excluded" and (named := domains.domains_of(model)):
            found.domains[row.id] = named
    await _by_domain(connection, msp_id, found)
    return found


async def _by_domain(connection: Connection, msp_id: UUID, found: Clients) -> None:
    if not found.domains:
        return
    await store.lock_domains(connection, msp_id, exclusive=False)
    parts = {part for named in found.domains.values() for domain in named for part in domains.within(domain)}
    verified = await store.clients_of_domains(connection, domains.KEY, parts)
    for entity, named in found.domains.items():
        found.owners[entity] = domains.owner(named, verified)
        found.by_entity[entity] = found.owners[entity].client_id


def _company_id(model: Kind) -> str | None:
    if isinstance(model, Company | Contact | Contract | Device | Ticket):
        return model.company_id
    return None


def _described_account(row: Unresolved, model: Tenant) -> UUID:
    """The account a partner's list tells of; a tenant's own record tells of the account it was read from."""
    return ids.account_id(row.connection_id, model.tenant_id)


async def _contract_clients(
    connection: Connection, records: Sequence[tuple[Unresolved, Kind]]
) -> dict[tuple[UUID, str], UUID | None]:
    wanted: dict[UUID, set[str]] = {}
    for row, model in records:
        if isinstance(model, ContractLine | ContractUnit):
            wanted.setdefault(row.account_id, set()).add(model.contract_id)
    found: dict[tuple[UUID, str], UUID | None] = {}
    for account, contracts in wanted.items():
        clients = await store.clients_by_key(connection, CONTRACT_KEY, account, contracts)
        found.update({(account, contract): client for contract, client in clients.items()})
    return found
