"""Signs in to Sophos Central and finds where a tenant lives.

One token serves all tenants of a partner; what differs per tenant is the region's host and the X-Tenant-ID header.
"""

from __future__ import annotations

from collections.abc import Mapping

from mspbyte_common.errors import CredentialInvalid, SchemaDrift
from mspbyte_common.vendors.addresses import named_by_vendor
from mspbyte_common.vendors.session import Sender, Session, Target
from mspbyte_common.vendors.tokens import Token, TokenCache, token_of
from mspbyte_common.vendors.transport import origin
from svc_adapter_sophos.failures import classify, classify_partner, classify_sign_in
from svc_adapter_sophos.settings import API, DOMAIN, IDENTITY

TOKENS = TokenCache()


async def connect(sender: Sender, target: Target) -> Session:
    """A session for the partner itself, or for one of its tenants on the host its listing named."""
    api = str(target.connection.get("api_url") or API)
    is_tenant = "api_host" in target.account
    hosts = {"global": api, "default": tenant_host(str(target.account["api_host"]), api) if is_tenant else api}

    async def token() -> str:
        return await TOKENS.get(target.connection_id, lambda: _mint(sender, target))

    async def authorize() -> Mapping[str, str]:
        bearer = {"authorization": f"Bearer {await token()}"}
        if is_tenant:
            return bearer | {"x-tenant-id": target.external_id}
        partner = (target.connection_id, "whoami")
        return bearer | {"x-partner-id": await TOKENS.get(partner, lambda: _whoami(sender, api, bearer))}

    def renew(refused: Mapping[str, str]) -> bool:
        TOKENS.refused(target.connection_id, refused["authorization"].removeprefix("Bearer "))
        return True

    return Session("sophos", hosts, authorize, renew, classify if is_tenant else classify_partner)


async def _mint(sender: Sender, target: Target) -> Token:
    identity = str(target.connection.get("identity_url") or IDENTITY)
    form = {
        "grant_type": "client_credentials",
        "client_id": str(target.connection["client_id"]),
        "client_secret": str(target.secret["client_secret"]),
        "scope": "token",
    }
    address = f"{identity.rstrip('/')}/api/v2/oauth2/token"
    answer = await sender.purpose("sign-in").send("POST", address, origins={origin(identity)}, form=form)
    if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
        raise classify_sign_in(answer)
    return token_of(answer)


async def _whoami(sender: Sender, api: str, bearer: Mapping[str, str]) -> Token:
    """The partner's id, kept as a token is."""
    answer = await sender.purpose("whoami").send(
        "GET", f"{api.rstrip('/')}/whoami/v1", origins={origin(api)}, headers=bearer
    )
    if answer.status != 200:  # noqa: PLR2004
        raise classify_partner(answer)
    body = answer.json()
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        message = "whoami's answer has no id"
        raise SchemaDrift(message)
    if body.get("idType") != "partner":
        message = f"the credential belongs to a {body.get('idType')}, not to a partner"
        raise CredentialInvalid(message, advice="Create the credential in Sophos Central Partner, not in a tenant.")
    return Token(str(body["id"]).lower(), 3_600)


def tenant_host(host: str, api: str) -> str:
    """The region's address, if it is Sophos's. The tenant listing names it, and a token is sent there."""
    return named_by_vendor(host, domain=DOMAIN, configured=api)
