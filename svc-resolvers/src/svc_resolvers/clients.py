"""Which client a record belongs to. Nothing is guessed: what cannot be told stays without one.

In this order: for a tenant, the mapping of the account it tells of; the mapping of the account a record was read from; the
company it names; the contract it is part of, whose client it shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from mspbyte_common import ids
from mspbyte_common.db.engine import Connection
from mspbyte_common.models import Company, Contact, Contract, ContractLine, ContractUnit, Device, Kind, Tenant, Ticket
from svc_resolvers import store
from svc_resolvers.store import Unresolved

CONTRACT_KEY = "autotask_contract_id"
SHARED_THROUGH_CONTRACT = (Contract, ContractLine, ContractUnit)
"""Kinds whose batches wait for each other: of a contract and its lines, the later sees the earlier."""


@dataclass
class Clients:
    """The clients of the records of a batch, and the rows that clients need."""

    by_entity: dict[UUID, UUID | None] = field(default_factory=dict)
    rows: dict[UUID, tuple[UUID, UUID, str, str | None, bool | None]] = field(default_factory=dict)


async def assign(connection: Connection, records: Sequence[tuple[Unresolved, Kind]]) -> Clients:
    """The client of each record."""
    found = Clients()
    listed = {row.id: _described_account(row, model) for row, model in records if isinstance(model, Tenant)}
    described = await store.account_clients(connection, set(listed.values())) if listed else {}
    through = await _contract_clients(connection, records)
    for row, model in records:
        company = _company_id(model)
        if row.id in listed:
            found.by_entity[row.id] = described.get(listed[row.id])
        elif row.account_client_id is not None:
            found.by_entity[row.id] = row.account_client_id
        elif company is not None:
            client = ids.client_id(row.account_id, company)
            found.by_entity[row.id] = client
            if isinstance(model, Company):
                found.rows[client] = (client, row.account_id, company, model.name, model.active)
            else:
                found.rows.setdefault(client, (client, row.account_id, company, None, None))
        elif isinstance(model, ContractLine | ContractUnit):
            found.by_entity[row.id] = through.get((row.account_id, model.contract_id))
        else:
            found.by_entity[row.id] = None
    return found


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
