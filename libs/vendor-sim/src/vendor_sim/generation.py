"""Putting the estate together, client by client, and writing down which records are one thing."""

import gc
from datetime import date, datetime
from operator import itemgetter

from vendor_sim import (
    billing,
    bundles,
    cases,
    companies,
    configuration_items,
    contacts,
    directory,
    licences,
    m365_devices,
    m365_security,
    service_desk,
    sophos_more,
    sophos_rows,
)
from vendor_sim.clients import Client, plan
from vendor_sim.devices import Machine, equip
from vendor_sim.dice import Dice
from vendor_sim.estate import (
    AutotaskDatabase,
    Credentials,
    Estate,
    Group,
    Links,
    M365Tenant,
    Ref,
    SophosPartner,
)
from vendor_sim.moments import midnight
from vendor_sim.people import invite, populate
from vendor_sim.users import user

FIRST_ID = 29_682_900
FIRST_OTHER_COMPANY = 29_700_001
FORMER_CUSTOMERS = 2


class _Ids:
    """Autotask ids: rising, with gaps, one sequence per entity."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._last: dict[str, int] = {}

    def __call__(self, entity: str) -> int:
        self._last[entity] = self._last.get(entity, FIRST_ID) + self._dice.between(1, 3)
        return self._last[entity]


def build_estate(seed: int, count: int, as_of: date) -> Estate:
    """The whole estate; see `estate.generate`. Without the collector's walks over what only grows: twice as fast."""
    gc.disable()
    try:
        return _build(seed, count, as_of)
    finally:
        gc.enable()


def _build(seed: int, count: int, as_of: date) -> Estate:
    now = midnight(as_of)
    clients = plan(seed, count)
    dice = Dice(seed, "msp", count)
    estate = _empty(seed, count, as_of, clients, dice)
    ids = _Ids(Dice(seed, "ids", count))
    for client in clients:
        populate(client, Dice(seed, "people", client.index))
    members = [(client.index, person) for client in clients for person in client.people if person.kind == "member"]
    for client in clients:
        invite(client, members, Dice(seed, "guests", client.index))
        equip(client, Dice(seed, "machines", client.index), now)
        _add_client(estate, client, ids, now)
    for row in companies.others(FIRST_OTHER_COMPANY, count, dice, now):
        estate.autotask.companies[row["id"]] = row
        estate.links.companies.append(Group(row["id"], [Ref("autotask", "", "Companies", str(row["id"]))]))
    _add_relationships(estate, clients, dice, now)
    _add_service_desk(estate, clients, now)
    for client in clients:
        if client.sophos_id:
            sophos_more.add_more(estate.sophos, client, Dice(estate.seed, "sophos", client.index), now)
    for tenant in estate.m365.values():
        m365_security.add_security(tenant, Dice(estate.seed, "security", tenant.id), now)
    cases.plant(estate, now)
    tenants = list(estate.sophos.tenants.items())
    dice.shuffle(tenants)
    estate.sophos.tenants = dict(tenants)
    return estate


def _add_service_desk(estate: Estate, clients: list[Client], now: datetime) -> None:
    """Drawn by dice of its own, so that the estate's other records are what they are without it."""
    dice = Dice(estate.seed, "service desk")
    estate.autotask.resources = service_desk.resources(clients[0], estate.credentials, dice, now)
    for client in clients:
        service_desk.add_tickets(estate, client, Dice(estate.seed, "tickets", client.index), now)
    sizes = {client.company_id: client.people_wanted for client in clients}
    for row in estate.autotask.contracts.values():
        bundles.add_bundles(estate, row, sizes[row["companyID"]], dice)


def _empty(seed: int, count: int, as_of: date, clients: list[Client], dice: Dice) -> Estate:
    return Estate(
        seed=seed,
        clients=count,
        as_of=as_of,
        credentials=Credentials(
            m365_client_id=dice.guid(),
            m365_client_secret=f"{dice.letters(3)}8Q~{dice.letters(34)}",
            autotask_username=f"api-sync@{clients[0].domain}",
            autotask_secret=f"{dice.letters(8)}#%+{dice.letters(6)}",
            autotask_integration_code=dice.letters(27),
            sophos_client_id=dice.guid(),
            sophos_client_secret=dice.hexes(60).lower(),
        ),
        partner_tenant_id=clients[0].tenant_id or "",
        m365={},
        relationships={},
        autotask=AutotaskDatabase(services=billing.services()),
        sophos=SophosPartner(partner_id=dice.guid()),
        accounts={},
        links=Links(),
    )


def _add_client(estate: Estate, client: Client, ids: _Ids, now: datetime) -> None:
    dice = Dice(estate.seed, "records", client.index)
    estate.autotask.companies[client.company_id] = companies.for_client(client, dice, now)
    company = Group(client.company_id, [Ref("autotask", "", "Companies", str(client.company_id))])
    estate.links.companies.append(company)
    licences.assign(client, dice)
    if client.tenant_id:
        estate.accounts["m365", client.tenant_id] = client.company_id if client.m365_mapped else None
        estate.m365[client.tenant_id] = _tenant(client, dice, now)
        company.records.append(Ref("m365", client.tenant_id, "organization", client.tenant_id))
    if client.sophos_id:
        estate.accounts["sophos", client.sophos_id] = client.company_id if client.sophos_mapped else None
        _add_sophos_tenant(estate, client, dice)
        company.records.append(Ref("sophos", estate.sophos.partner_id, "tenants", client.sophos_id))
    _add_people(estate, client, dice, ids, now)
    for machine in client.machines:
        _add_machine(estate, client, machine, dice, ids, now)
    for number in range(1, 2 + client.people_wanted // 15):
        row = configuration_items.standalone(ids("ConfigurationItems"), client, dice, now, number)
        estate.autotask.configuration_items[row["id"]] = row
        only = Ref("autotask", "", "ConfigurationItems", str(row["id"]))
        estate.links.devices.append(Group(client.company_id, [only]))
    if client.tenant_id:
        _finish_tenant(estate.m365[client.tenant_id], client, dice, now)
    if client.sophos_id:
        _finish_sophos(estate, client, dice, now)
    if client.company_id:
        billing.add_contracts(estate, client, dice, ids)


def _tenant(client: Client, dice: Dice, now: datetime) -> M365Tenant:
    tenant = M365Tenant(client.tenant_id or "", directory.organization(client, dice, now))
    tenant.domains = directory.domains(client)
    tenant.subscribed_skus = licences.subscribed(client, dice)
    tenant.empty_page = client.index % 3 == 0
    return tenant


def _add_sophos_tenant(estate: Estate, client: Client, dice: Dice) -> None:
    sophos, tenant_id = estate.sophos, client.sophos_id or ""
    sophos.tenants[tenant_id] = sophos_rows.tenant(client, sophos.partner_id, dice)
    sophos.endpoints[tenant_id] = {}
    sophos.alerts[tenant_id] = {}
    if not client.assistance:
        sophos.no_assistance.add(tenant_id)


def _add_people(estate: Estate, client: Client, dice: Dice, ids: _Ids, now: datetime) -> None:
    for person in client.people:
        group = Group(client.company_id)
        if person.user_id and client.tenant_id:
            estate.m365[client.tenant_id].users[person.user_id] = user(client, person, dice, now)
            group.records.append(Ref("m365", client.tenant_id, "users", person.user_id))
        if person.has_contact:
            row = contacts.contact(ids("Contacts"), client, person, dice, now)
            estate.autotask.contacts[row["id"]] = row
            group.records.append(Ref("autotask", "", "Contacts", str(row["id"])))
        if group.records:
            estate.links.people.append(group)


def _add_machine(estate: Estate, client: Client, machine: Machine, dice: Dice, ids: _Ids, now: datetime) -> None:
    group = Group(client.company_id)
    if client.tenant_id:
        tenant = estate.m365[client.tenant_id]
        if machine.in_entra:
            row = m365_devices.entra_device(machine, dice)
            tenant.devices[row["id"]] = row
            group.records.append(Ref("m365", tenant.id, "devices", row["id"]))
        if machine.in_intune:
            row = m365_devices.managed_device(machine, dice)
            tenant.managed_devices[row["id"]] = row
            group.records.append(Ref("m365", tenant.id, "managedDevices", row["id"]))
    if client.sophos_id and client.api_host and machine.in_sophos:
        moments: list[datetime | None] = [None]
        if machine.kind == "workstation" and not machine.stale and dice.chance(0.03):
            moments.append(dice.before(now, 42, 90))
        for seen in moments:
            row = sophos_rows.endpoint(client, machine, dice, seen=seen)
            estate.sophos.endpoints[client.sophos_id][row["id"]] = row
            group.records.append(Ref("sophos", client.sophos_id, "endpoints", row["id"]))
    if machine.in_autotask:
        row = configuration_items.for_machine(ids("ConfigurationItems"), client, machine, dice, now)
        estate.autotask.configuration_items[row["id"]] = row
        group.records.append(Ref("autotask", "", "ConfigurationItems", str(row["id"])))
    if group.records:
        estate.links.devices.append(group)


def _finish_tenant(tenant: M365Tenant, client: Client, dice: Dice, now: datetime) -> None:
    """Directory listings are in id order, so paging by id costs nothing."""
    tenant.devices = dict(sorted(tenant.devices.items()))
    directory.add_groups(client, tenant, dice, now)
    tenant.users = dict(sorted(tenant.users.items()))
    tenant.groups = dict(sorted(tenant.groups.items()))
    tenant.managed_devices = dict(sorted(tenant.managed_devices.items()))


def _finish_sophos(estate: Estate, client: Client, dice: Dice, now: datetime) -> None:
    tenant_id = client.sophos_id or ""
    endpoints = dict(sorted(estate.sophos.endpoints[tenant_id].items()))
    estate.sophos.endpoints[tenant_id] = endpoints
    rows = list(endpoints.values())
    for subject in dice.sample(rows, len(rows) // 9):
        row = sophos_rows.alert(client, subject, dice, now)
        estate.sophos.alerts[tenant_id][row["id"]] = row


def _add_relationships(estate: Estate, clients: list[Client], dice: Dice, now: datetime) -> None:
    rows = []
    for client in clients[1:]:
        if client.tenant_id:
            rows.append(directory.relationship(estate.partner_tenant_id, client, dice, now))
            if dice.chance(0.12):
                old = dice.pick(("expired", "terminated"))
                rows.append(directory.relationship(estate.partner_tenant_id, client, dice, now, old))
    for number in range(FORMER_CUSTOMERS):
        gone = Client(-2 - number, -1, "", f"Ehemals {number + 1}", f"ehemals{number + 1}", 0, dice.guid(), None)
        rows.append(directory.relationship(estate.partner_tenant_id, gone, dice, now, "terminated"))
    estate.relationships = {row["id"]: row for row in sorted(rows, key=itemgetter("id"))}
