"""Graph's resources over one tenant: a request is (path, query), an answer is data."""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, unquote

from vendor_sim.answers import Answer, Refused
from vendor_sim.directory import DEVICE, GROUP, USER
from vendor_sim.estate import Estate, M365Tenant, Record
from vendor_sim.m365 import delta, properties, security
from vendor_sim.m365.errors import refuse
from vendor_sim.m365.listing import keyed_page, numbered_page, page_size, picked, selection, whole
from vendor_sim.users import DEFAULT_PROPERTIES

DEFAULT_PAGE, LARGEST_PAGE = 100, 999
LARGEST_SIGN_IN_PAGE = 500
"""Pages are clamped to this while signInActivity is selected."""
LARGEST_INTUNE_PAGE = 1000
LARGEST_RELATIONSHIP_PAGE = 300
_MEMBER_DEFAULTS = {
    USER: DEFAULT_PROPERTIES,
    GROUP: tuple(properties.GROUP),
    DEVICE: tuple(properties.DEVICE),
}
Query = Mapping[str, str]
_Handler = Callable[[str, M365Tenant, Query], Answer]


def split(url: str) -> tuple[str, dict[str, str]]:
    """A relative URL's path and query."""
    path, _, query = url.partition("?")
    return unquote(path), dict(parse_qsl(query, keep_blank_values=True))


def template(path: str) -> str:
    """The route of a path under /v1.0, ids replaced by `{id}`."""
    parts = path.strip("/").split("/")
    if (
        parts[:1] == ["v1.0"]
        and len(parts) > 2
        and parts[1] in {"groups", "users", "directoryRoles"}
        and parts[2] != "delta"
    ):
        parts[2] = "{id}"
    if parts[1:] == ["oauth2", "v2.0", "token"]:
        parts[0] = "{tenant}"
    return "/" + "/".join(parts)


class Graph:
    """The read side of Graph v1.0 for every tenant of the estate; `base` is the address in next links."""

    def __init__(self, estate: Estate, base: str) -> None:
        self._estate = estate
        self._base = base
        self._handlers: dict[str, _Handler] = {
            "organization": self._organization,
            "domains": self._domains,
            "users": self._users,
            "users/delta": self._users_delta,
            "groups": self._groups,
            "groups/delta": self._groups_delta,
            "subscribedSkus": self._subscribed_skus,
            "devices": self._devices,
            "deviceManagement/managedDevices": self._managed_devices,
            "tenantRelationships/delegatedAdminRelationships": self._relationships,
        }

    def get(self, tenant_id: str, path: str, query: Query) -> Answer:
        """Answer `GET /v1.0/{path}` with the token of that tenant; a refusal is an answer too."""
        route, tenant = path.strip("/"), self._estate.m365[tenant_id]
        try:
            if route in self._handlers:
                return self._handlers[route](f"{self._base}/v1.0/{route}", tenant, query)
            parts = route.split("/")
            if len(parts) == 3 and parts[0] == "groups" and parts[2] == "members":
                return self._members(f"{self._base}/v1.0/{route}", tenant, parts[1], query)
            if route in security.HANDLERS:
                return security.HANDLERS[route](f"{self._base}/v1.0/{route}", self._estate, tenant, query)
            if len(parts) == 3 and parts[0] == "directoryRoles" and parts[2] == "members":
                return self._role_members(f"{self._base}/v1.0/{route}", tenant, parts[1], query)
            if len(parts) == 2 and parts[0] == "users" and parts[1] in tenant.users:
                names = selection(query, properties.USER) or DEFAULT_PROPERTIES
                return Answer(200, picked(names)(tenant.users[parts[1]]))
            if parts[0] in {"users", "groups"} and len(parts) > 1:
                raise refuse(404, "Request_ResourceNotFound", f"Resource '{parts[1]}' does not exist.")
            raise refuse(400, "BadRequest", f"Resource not found for the segment '{parts[0]}'.")
        except Refused as refused:
            return refused.answer

    def _organization(self, url: str, tenant: M365Tenant, query: Query) -> Answer:
        return whole(url, [tenant.organization], picked(selection(query, list(tenant.organization))))

    def _domains(self, url: str, tenant: M365Tenant, query: Query) -> Answer:
        rows = list(tenant.domains.values())
        return whole(url, rows, picked(selection(query, list(rows[0]) if rows else [])))

    def _users(self, url: str, tenant: M365Tenant, query: Query) -> Answer:
        names, size = selection(query, properties.USER), page_size(query, DEFAULT_PAGE, LARGEST_PAGE)
        if names and "signInActivity" in names:
            security.require_premium(tenant)
            names, size = ["id", *(name for name in names if name != "id")], min(size, LARGEST_SIGN_IN_PAGE)
        return keyed_page(url, query, tenant.users, size, picked(names or DEFAULT_PROPERTIES), gap=tenant.empty_page)

    def _users_delta(self, url: str, tenant: M365Tenant, query: Query) -> Answer:
        return delta.page(url, self._estate, tenant, "users", query)

    def _groups_delta(self, url: str, tenant: M365Tenant, query: Query) -> Answer:
        return delta.page(url, self._estate, tenant, "groups", query)

    def _groups(self, url: str, tenant: M365Tenant, query: Query) -> Answer:
        project = picked(selection(query, properties.GROUP))
        return keyed_page(url, query, tenant.groups, page_size(query, DEFAULT_PAGE, LARGEST_PAGE), project)

    def _members(self, url: str, tenant: M365Tenant, group: str, query: Query) -> Answer:
        if group not in tenant.groups:
            raise refuse(404, "Request_ResourceNotFound", f"Resource '{group}' does not exist.")
        names = selection(query, [*properties.USER, *properties.GROUP, *properties.DEVICE])
        size = page_size(query, DEFAULT_PAGE, LARGEST_PAGE)
        return numbered_page(url, query, tenant.members.get(group, []), size, lambda row: _member(tenant, row, names))

    def _role_members(self, url: str, tenant: M365Tenant, role: str, query: Query) -> Answer:
        """Not paged by the vendor."""
        if role not in tenant.directory_roles:
            raise refuse(404, "Request_ResourceNotFound", f"Resource '{role}' does not exist.")
        names = selection(query, [*properties.USER, *properties.GROUP, *properties.DEVICE])
        return whole(url, tenant.role_members.get(role, []), lambda row: _member(tenant, row, names))

    def _subscribed_skus(self, url: str, tenant: M365Tenant, query: Query) -> Answer:
        rows = list(tenant.subscribed_skus.values())
        return whole(url, rows, picked(selection(query, list(rows[0]) if rows else [])))

    def _devices(self, url: str, tenant: M365Tenant, query: Query) -> Answer:
        project = picked(selection(query, properties.DEVICE))
        return keyed_page(url, query, tenant.devices, page_size(query, DEFAULT_PAGE, LARGEST_PAGE), project)

    def _managed_devices(self, url: str, tenant: M365Tenant, query: Query) -> Answer:
        project = picked(selection(query, properties.MANAGED_DEVICE))
        size = page_size(query, LARGEST_INTUNE_PAGE, LARGEST_INTUNE_PAGE)
        return keyed_page(url, query, tenant.managed_devices, size, project)

    def _relationships(self, url: str, tenant: M365Tenant, query: Query) -> Answer:
        if tenant.id != self._estate.partner_tenant_id:
            raise refuse(403, "accessDenied", "The tenant is not a partner tenant.")
        size = page_size(query, DEFAULT_PAGE, LARGEST_RELATIONSHIP_PAGE)
        return keyed_page(url, query, self._estate.relationships, size, lambda row: row)


def _member(tenant: M365Tenant, entry: Record, names: list[str] | None) -> Record:
    """A member with its own properties; an object that is gone or unreadable shows its id and nothing else."""
    kind = entry["@odata.type"]
    rows = {USER: tenant.users, GROUP: tenant.groups, DEVICE: tenant.devices}.get(kind, {})
    known = rows.get(entry["id"])
    if known is None:
        return {"@odata.type": kind, "id": entry["id"], "displayName": None}
    return {"@odata.type": kind, **picked(names or _MEMBER_DEFAULTS[kind])(known)}
