"""The simulators without ports: every app in this process, reached by the host it would have."""

from dataclasses import dataclass

import httpx
from starlette.applications import Starlette

from vendor_sim.addresses import Addresses
from vendor_sim.estate import Estate
from vendor_sim.limits import UNLIMITED, Limits
from vendor_sim.serve import apps


@dataclass(repr=False)
class World:
    """An estate, its apps by name, and a client whose requests go to the app of the host they name."""

    estate: Estate
    at: Addresses
    apps: dict[str, Starlette]
    http: httpx.AsyncClient

    async def graph_token(self, tenant: str) -> dict[str, str]:
        """Headers that sign in to Graph for the tenant."""
        form = {
            "client_id": self.estate.credentials.m365_client_id,
            "client_secret": self.estate.credentials.m365_client_secret,
            "grant_type": "client_credentials",
            "scope": "https://graph.microsoft.com/.default",
        }
        answer = await self.http.post(f"{self.at.m365}/{tenant}/oauth2/v2.0/token", data=form)
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    @property
    def autotask_headers(self) -> dict[str, str]:
        """Headers that sign in to Autotask."""
        secrets = self.estate.credentials
        return {
            "UserName": secrets.autotask_username,
            "Secret": secrets.autotask_secret,
            "ApiIntegrationCode": secrets.autotask_integration_code,
        }

    async def sophos_headers(self, tenant: str | None = None) -> dict[str, str]:
        """Headers that sign in to Sophos, for the partner or one of its tenants."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.estate.credentials.sophos_client_id,
            "client_secret": self.estate.credentials.sophos_client_secret,
            "scope": "token",
        }
        answer = await self.http.post(f"{self.at.sophos}/api/v2/oauth2/token", data=form)
        named = {"X-Tenant-ID": tenant} if tenant else {"X-Partner-ID": self.estate.sophos.partner_id}
        return {"Authorization": f"Bearer {answer.json()['access_token']}", **named}


def open_world(estate: Estate, limits: Limits = UNLIMITED) -> World:
    """The simulators over the estate; close `World.http` when done."""
    at = Addresses()
    made = apps(estate, at, limits)
    bases = {"m365": at.m365, "autotask": at.autotask, "sophos": at.sophos, **dict(at.regions)}
    mounts = {bases[name]: httpx.ASGITransport(app) for name, app in made.items()}
    return World(estate, at, made, httpx.AsyncClient(mounts=mounts, trust_env=False))
