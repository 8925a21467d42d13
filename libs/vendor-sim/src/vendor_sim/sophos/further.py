"""Sophos's further lists; `tenant_of` names the tenant a request is for or refuses it."""

from collections.abc import Callable

from starlette.requests import Request

from vendor_sim.answers import Answer
from vendor_sim.estate import SophosPartner
from vendor_sim.sophos.paging import numbered
from vendor_sim.sophos_more import health_check

USERS_DEFAULT, USERS_MOST = 50, 100
FIREWALLS_DEFAULT, FIREWALLS_MOST = 100, 1000
TenantOf = Callable[[Request], str]
Answers = Callable[[Request], Answer]


def licences(sophos: SophosPartner, tenant_of: TenantOf) -> Answers:
    """Unpaged, on the global host."""

    def answer(request: Request) -> Answer:
        tenant = tenant_of(request)
        return Answer(200, {"tenant": {"id": tenant}, "licenses": sophos.licences[tenant]})

    return answer


def users(sophos: SophosPartner, tenant_of: TenantOf) -> Answers:
    """By page number; for some tenants without `pages`, so that only an empty page says where the list ends."""

    def answer(request: Request) -> Answer:
        tenant = tenant_of(request)
        found = numbered(request.query_params, list(sophos.users[tenant].values()), USERS_DEFAULT, USERS_MOST)
        if tenant in sophos.pages_missing:
            del found.body["pages"]
        return found

    return answer


def firewalls(sophos: SophosPartner, tenant_of: TenantOf) -> Answers:
    """By page number."""

    def answer(request: Request) -> Answer:
        rows = list(sophos.firewalls[tenant_of(request)].values())
        return numbered(request.query_params, rows, FIREWALLS_DEFAULT, FIREWALLS_MOST)

    return answer


def health(sophos: SophosPartner, tenant_of: TenantOf) -> Answers:
    """One object."""
    return lambda request: Answer(200, health_check(sophos, tenant_of(request)))


REGIONAL = {
    "/common/v1/directory/users": users,
    "/firewall/v1/firewalls": firewalls,
    "/account-health-check/v1/health-check": health,
}
