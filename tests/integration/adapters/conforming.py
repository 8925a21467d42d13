"""What an adapter declares to be tried by the suites here: how it is connected, and its lists as the simulator has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from mspbyte_common.adapter import Vendor
from mspbyte_common.vendors.endpoint import Endpoint
from mspbyte_common.vendors.pages import id_after
from svc_adapter_autotask.auth import ZONES
from svc_adapter_autotask.main import AUTOTASK
from svc_adapter_m365 import auth as m365_auth
from svc_adapter_m365.main import M365
from svc_adapter_sophos import auth as sophos_auth
from svc_adapter_sophos.main import SOPHOS
from vendor_sim.in_memory import World

Rows = dict[Any, dict[str, Any]]


def uuid_key(number: int) -> Any:
    """The id of the n-th record."""
    return str(UUID(int=number + 1))


def int_key(number: int) -> Any:
    """The id of the n-th record, where ids are numbers."""
    return number + 1


@dataclass(frozen=True)
class Listed:
    """A list.

    `path`: text in the address of its pages and of no other list's. `account`: external id and settings of the account it
    is read of, None for the root. `rows`: the simulator's own rows of that account. `record`: a record of that id, named
    so in the field `name`. `small`: the endpoint with pages of so many records. `novel`: fields and values no one has seen.
    """

    resource: str
    path: str
    rows: Callable[[World], Rows]
    record: Callable[[Any, str], dict[str, Any]]
    name: str
    small: Callable[[Endpoint, int], Endpoint]
    novel: Mapping[str, Any]
    account: Callable[[World], tuple[str, dict[str, str]]] | None = None
    key: Callable[[int], Any] = uuid_key


@dataclass(frozen=True)
class Conformer:
    """A vendor.

    `connection`: settings, secret and the root account's external id. `signs_in`: the counted route of a sign-in, None
    where every request carries the secret itself. `forget`: drops what the adapter keeps in memory.
    """

    vendor: Vendor
    connection: Callable[[World], tuple[dict[str, str], dict[str, str], str]]
    lists: tuple[Listed, ...]
    forget: Callable[[], None]
    signs_in: str | None = field(default=None)


def _parameter(name: str) -> Callable[[Endpoint, int], Endpoint]:
    return lambda endpoint, size: replace(endpoint, params={**endpoint.params, name: str(size)})


def _tenant(world: World) -> str:
    """The Microsoft 365 tenant whose users are read: not the partner's own."""
    return next(one for one in world.estate.m365 if one != world.estate.partner_tenant_id)


def _customer(world: World) -> str:
    """The Sophos tenant that is read."""
    return next(filter(world.estate.sophos.reachable, world.estate.sophos.tenants))


def _at_its_host(world: World) -> tuple[str, dict[str, str]]:
    tenant = _customer(world)
    return tenant, {"api_host": world.at.region(world.estate.sophos.tenants[tenant]["dataRegion"])}


CONFORMERS: tuple[Conformer, ...] = (
    Conformer(
        vendor=M365,
        connection=lambda world: (
            {
                "client_id": world.estate.credentials.m365_client_id,
                "partner_tenant_id": world.estate.partner_tenant_id,
                "login_url": world.at.m365,
                "graph_url": world.at.m365,
            },
            {"client_secret": world.estate.credentials.m365_client_secret},
            world.estate.partner_tenant_id,
        ),
        signs_in="POST /{tenant}/oauth2/v2.0/token",
        forget=m365_auth.TOKENS._tokens.clear,
        lists=(
            Listed(
                resource="users",
                path="/v1.0/users?",
                account=lambda world: (_tenant(world), {}),
                rows=lambda world: world.estate.m365[_tenant(world)].users,
                record=lambda key, name: {"id": key, "displayName": name, "userPrincipalName": f"{key}@example.com"},
                name="displayName",
                small=_parameter("$top"),
                novel={"userType": "Robot", "assignedLicenses": [{"skuId": "s", "disabledPlans": [], "novelty": [1]}]},
            ),
        ),
    ),
    Conformer(
        vendor=AUTOTASK,
        connection=lambda world: (
            {"username": world.estate.credentials.autotask_username, "zone_lookup_url": world.at.autotask},
            {
                "secret": world.estate.credentials.autotask_secret,
                "integration_code": world.estate.credentials.autotask_integration_code,
            },
            world.estate.credentials.autotask_username,
        ),
        forget=ZONES._tokens.clear,
        lists=(
            Listed(
                resource="Contacts",
                path="Contacts/query",
                rows=lambda world: world.estate.autotask.contacts,
                record=lambda key, name: {"id": key, "companyID": 0, "firstName": name, "isActive": 1},
                name="firstName",
                small=lambda endpoint, size: replace(endpoint, paging=id_after(size=size)),
                novel={"namePrefix": 99, "novelty": {"since": ["today", None, 1]}},
                key=int_key,
            ),
        ),
    ),
    Conformer(
        vendor=SOPHOS,
        connection=lambda world: (
            {
                "client_id": world.estate.credentials.sophos_client_id,
                "identity_url": world.at.sophos,
                "api_url": world.at.sophos,
            },
            {"client_secret": world.estate.credentials.sophos_client_secret},
            world.estate.credentials.sophos_client_id,
        ),
        signs_in="POST /api/v2/oauth2/token",
        forget=sophos_auth.TOKENS._tokens.clear,
        lists=(
            Listed(
                resource="endpoints",
                path="/endpoint/v1/endpoints",
                account=_at_its_host,
                rows=lambda world: world.estate.sophos.endpoints[_customer(world)],
                record=lambda key, name: {"id": key, "type": "computer", "hostname": name},
                name="hostname",
                small=_parameter("pageSize"),
                novel={"type": "toaster", "novelty": {"since": ["today", None, 1]}},
            ),
            Listed(
                resource="alerts",
                path="/common/v1/alerts",
                account=_at_its_host,
                rows=lambda world: world.estate.sophos.alerts[_customer(world)],
                record=lambda key, name: {
                    "id": key,
                    "severity": "low",
                    "category": "general",
                    "description": name,
                    "raisedAt": "2026-11-20T08:00:00.000Z",
                },
                name="description",
                small=_parameter("pageSize"),
                novel={"severity": "apocalyptic", "category": "weather", "novelty": [None]},
            ),
            Listed(
                resource="tenants",
                path="/partner/v1/tenants",
                rows=lambda world: world.estate.sophos.tenants,
                record=lambda key, name: {
                    "id": key,
                    "name": name,
                    "dataRegion": "eu01",
                    "apiHost": "of the region",
                    "status": "active",
                },
                name="name",
                small=_parameter("pageSize"),
                novel={"status": "hibernating", "billingType": "barter", "novelty": {"since": None}},
            ),
        ),
    ),
)
"""Every adapter."""
