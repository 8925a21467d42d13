"""The generated MSP: what its three vendors hold, as the vendors would send it, and which records are one thing.

Records are plain dicts, mutable so that a test or `/_sim/mutate` can change the world between two pulls. What holds
thousands of them has no generated repr: a debugger or a failing task would spend seconds on it.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

from vendor_sim.changes import ChangeLog

Record = dict[str, Any]


class Ref(NamedTuple):
    """Where a record lives; `account` is the tenant's id, the partner id for Sophos tenants, `""` for Autotask."""

    vendor: str
    account: str
    resource: str
    id: str


@dataclass(slots=True)
class Group:
    """Records of one real person, device or company of the company with that Autotask id."""

    company_id: int
    records: list[Ref] = field(default_factory=list)


@dataclass(slots=True, repr=False)
class Links:
    """What the generator knows belongs together, across vendors and whatever the mapping says."""

    people: list[Group] = field(default_factory=list)
    devices: list[Group] = field(default_factory=list)
    companies: list[Group] = field(default_factory=list)


@dataclass(slots=True, repr=False)
class M365Tenant:
    """One Microsoft 365 directory. `members` holds, per group id, `{"id", "@odata.type"}` entries in listing order."""

    id: str
    organization: Record
    domains: dict[str, Record] = field(default_factory=dict)
    users: dict[str, Record] = field(default_factory=dict)
    groups: dict[str, Record] = field(default_factory=dict)
    members: dict[str, list[Record]] = field(default_factory=dict)
    subscribed_skus: dict[str, Record] = field(default_factory=dict)
    devices: dict[str, Record] = field(default_factory=dict)
    managed_devices: dict[str, Record] = field(default_factory=dict)
    directory_roles: dict[str, Record] = field(default_factory=dict)
    role_members: dict[str, list[Record]] = field(default_factory=dict)
    conditional_access: dict[str, Record] = field(default_factory=dict)
    security_alerts: dict[str, Record] = field(default_factory=dict)
    security_defaults: bool = False
    consented: bool = True
    premium: bool = True
    """Without Entra P1 the vendor refuses a users query that selects signInActivity."""
    empty_page: bool = False
    """The users listing has an empty page with a next link after its first page."""


_TABLES = {
    "Companies": "companies",
    "Contacts": "contacts",
    "ConfigurationItems": "configuration_items",
    "Contracts": "contracts",
    "ContractServices": "contract_services",
    "ContractServiceUnits": "contract_service_units",
    "Services": "services",
    "Resources": "resources",
    "Tickets": "tickets",
    "TicketNotes": "ticket_notes",
    "ContractServiceBundles": "contract_service_bundles",
    "ContractServiceBundleUnits": "contract_service_bundle_units",
}


@dataclass(slots=True, repr=False)
class AutotaskDatabase:
    """The MSP's one Autotask database; company 0 is the MSP itself."""

    companies: dict[int, Record] = field(default_factory=dict)
    contacts: dict[int, Record] = field(default_factory=dict)
    configuration_items: dict[int, Record] = field(default_factory=dict)
    contracts: dict[int, Record] = field(default_factory=dict)
    contract_services: dict[int, Record] = field(default_factory=dict)
    contract_service_units: dict[int, Record] = field(default_factory=dict)
    services: dict[int, Record] = field(default_factory=dict)
    resources: dict[int, Record] = field(default_factory=dict)
    tickets: dict[int, Record] = field(default_factory=dict)
    ticket_notes: dict[int, Record] = field(default_factory=dict)
    contract_service_bundles: dict[int, Record] = field(default_factory=dict)
    contract_service_bundle_units: dict[int, Record] = field(default_factory=dict)

    def table(self, entity: str) -> dict[int, Record]:
        """The rows of an entity by id; KeyError for an unknown one."""
        rows: dict[int, Record] = getattr(self, _TABLES[entity])
        return rows


@dataclass(slots=True, repr=False)
class SophosPartner:
    """The partner and its tenants. A tenant row without `apiHost` is still being provisioned."""

    partner_id: str
    tenants: dict[str, Record] = field(default_factory=dict)
    endpoints: dict[str, dict[str, Record]] = field(default_factory=dict)
    alerts: dict[str, dict[str, Record]] = field(default_factory=dict)
    licences: dict[str, list[Record]] = field(default_factory=dict)
    users: dict[str, dict[str, Record]] = field(default_factory=dict)
    firewalls: dict[str, dict[str, Record]] = field(default_factory=dict)
    pages_missing: set[str] = field(default_factory=set)
    """Tenants whose directory answers have no `pages`."""
    no_assistance: set[str] = field(default_factory=set)
    """Tenants whose customer has not switched on partner assistance: every call for them is refused."""

    def reachable(self, tenant_id: str) -> bool:
        """Whether the partner can read this tenant's endpoints and alerts at all."""
        return "apiHost" in self.tenants.get(tenant_id, {}) and tenant_id not in self.no_assistance


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the MSP signs in with at the three vendors; made from the seed, valid nowhere else."""

    m365_client_id: str
    m365_client_secret: str
    autotask_username: str
    autotask_secret: str
    autotask_integration_code: str
    sophos_client_id: str
    sophos_client_secret: str


@dataclass(slots=True, repr=False)
class Estate:
    """One MSP with its clients. `accounts` maps (vendor, tenant id) to the Autotask company id, None if unmapped."""

    seed: int
    clients: int
    as_of: date
    credentials: Credentials
    partner_tenant_id: str
    m365: dict[str, M365Tenant]
    relationships: dict[str, Record]
    autotask: AutotaskDatabase
    sophos: SophosPartner
    accounts: dict[tuple[str, str], int | None]
    links: Links
    changes: ChangeLog = field(default_factory=ChangeLog)
    days_played: int = 0
    """Days the script has moved `as_of` on since the estate was made."""


def generate(seed: int, clients: int, as_of: date, noise: Literal["none", "some", "much"] = "none") -> Estate:
    """The estate of that seed and number of clients, with every time counted back from midnight UTC of `as_of`.

    `noise`: how much worse than usual the hand-kept data is.
    """
    from vendor_sim.generation import build_estate  # noqa: PLC0415 - the generator imports these types
    from vendor_sim.noise import disturb  # noqa: PLC0415 - as above

    estate = build_estate(seed, clients, as_of)
    disturb(estate, noise)
    return estate
