"""Signs in to Sophos Central, finds where a tenant lives, and names Sophos's errors.

One token serves all tenants of a partner; what differs per tenant is the region's host and the X-Tenant-ID header.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from mspbyte_common.errors import (
    ConsentMissing,
    CredentialInvalid,
    RequestInvalid,
    SchemaDrift,
    Throttled,
    Transient,
    Unavailable,
    VendorError,
)
from mspbyte_common.vendors.session import Session, Target
from mspbyte_common.vendors.tokens import Token, TokenCache, token_of
from mspbyte_common.vendors.transport import Answer, Transport, origin
from mspbyte_common.vendors.waits import retry_after
from svc_adapter_sophos.settings import API, IDENTITY

TOKENS = TokenCache()
NO_ASSISTANCE = (
    "The tenant refuses the partner: switch on Partner Assistance in its Sophos Central, then: mspctl account resume."
)


async def connect(transport: Transport, target: Target) -> Session:
    """A session for the partner itself, or for one of its tenants on the host its listing named."""
    api = str(target.connection.get("api_url") or API)
    is_tenant = "api_host" in target.account
    hosts = {"global": api, "default": tenant_host(str(target.account["api_host"]), api) if is_tenant else api}

    async def token() -> str:
        return await TOKENS.get(target.connection_id, lambda: _mint(transport, target))

    async def authorize() -> Mapping[str, str]:
        bearer = {"authorization": f"Bearer {await token()}"}
        if is_tenant:
            return bearer | {"x-tenant-id": target.external_id}
        partner = (target.connection_id, "whoami")
        return bearer | {"x-partner-id": await TOKENS.get(partner, lambda: _whoami(transport, api, bearer))}

    def renew(refused: Mapping[str, str]) -> bool:
        TOKENS.refused(target.connection_id, refused["authorization"].removeprefix("Bearer "))
        return True

    return Session("sophos", hosts, authorize, renew, classify)


async def _mint(transport: Transport, target: Target) -> Token:
    identity = str(target.connection.get("identity_url") or IDENTITY)
    form = {
        "grant_type": "client_credentials",
        "client_id": str(target.connection["client_id"]),
        "client_secret": str(target.secret["client_secret"]),
        "scope": "token",
    }
    address = f"{identity.rstrip('/')}/api/v2/oauth2/token"
    answer = await transport.send("POST", address, origins={origin(identity)}, form=form)
    if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
        raise classify_sign_in(answer)
    return token_of(answer)


async def _whoami(transport: Transport, api: str, bearer: Mapping[str, str]) -> Token:
    """The partner's id, kept as a token is."""
    answer = await transport.send("GET", f"{api.rstrip('/')}/whoami/v1", origins={origin(api)}, headers=bearer)
    if answer.status != 200:  # noqa: PLR2004
        raise classify(answer)
    body = answer.json()
    if body.get("idType") != "partner":
        message = f"the credential belongs to a {body.get('idType')}, not to a partner"
        raise CredentialInvalid(message, advice="Create the credential in Sophos Central Partner, not in a tenant.")
    return Token(str(body["id"]).lower(), 3_600)


def tenant_host(host: str, api: str) -> str:
    """The region's address, if it is Sophos's: a subdomain of the same domain as the global API, spoken to the same way.

    The tenant listing names it, and a token is sent there, so nothing else is believed.
    """
    given, known = urlsplit(origin(host)), urlsplit(origin(api))
    if given.scheme != known.scheme:
        message = f"the region's host {host} is not {known.scheme}"
        raise RequestInvalid(message)
    domain = ".".join((known.hostname or "").split(".")[-2:])
    if known.hostname == given.hostname or (known.scheme == "https" and (given.hostname or "").endswith(f".{domain}")):
        return host
    message = f"the region's host {host} is not under {domain}"
    raise RequestInvalid(message)


def classify_sign_in(answer: Answer) -> VendorError:
    """The class of a refused sign-in. `errorCode` stands in successful answers too, so the status decides first."""
    if answer.status == 429:  # noqa: PLR2004
        return Throttled("sign-in throttled", retry_after=retry_after(answer))
    if answer.status >= 500:  # noqa: PLR2004
        return Transient(f"the token endpoint answered {answer.status}")
    return CredentialInvalid(f"sign-in refused: {_object(answer).get('errorCode', 'no code')} (HTTP {answer.status})")


def classify(answer: Answer) -> VendorError:
    """The class of an answer that is not data: by status alone, Sophos's error names drift."""
    body = _object(answer)
    told = f"HTTP {answer.status} {body.get('error', '')}: {body.get('message', '')}"[:500].rstrip(": ")
    if answer.status == 429:  # noqa: PLR2004
        return Throttled(told, retry_after=retry_after(answer))
    if answer.status == 401:  # noqa: PLR2004 - a fresh token refused: this tenant's matter, not the credential's
        return ConsentMissing(told, advice=NO_ASSISTANCE)
    if answer.status == 403:  # noqa: PLR2004
        return ConsentMissing(told, advice=NO_ASSISTANCE)
    if answer.status == 404:  # noqa: PLR2004
        return Unavailable(told)
    if answer.status >= 500:  # noqa: PLR2004
        return Transient(told)
    return RequestInvalid(told)


def _object(answer: Answer) -> dict[str, Any]:
    try:
        body = answer.json()
    except SchemaDrift:
        return {}
    return body if isinstance(body, dict) else {}
