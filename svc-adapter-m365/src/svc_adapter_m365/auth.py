"""Signs in to a customer's tenant as the application, and names Microsoft's errors.

One token per (application, tenant): client credentials against the tenant's own token endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from mspbyte_common.errors import (
    AccountGone,
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
from svc_adapter_m365.settings import GRAPH, LOGIN, SCOPE

TOKENS = TokenCache()

SIGN_IN_ERRORS: dict[int, type[VendorError]] = {
    7000215: CredentialInvalid,  # wrong secret
    7000222: CredentialInvalid,  # secret expired
    700027: CredentialInvalid,  # certificate not known
    900023: CredentialInvalid,  # tenant identifier is not one
    9002313: RequestInvalid,
    700016: ConsentMissing,  # the application is not in this tenant
    7000229: ConsentMissing,  # no service principal in this tenant
    65001: ConsentMissing,
    650051: ConsentMissing,
    53003: ConsentMissing,  # blocked by conditional access
    90002: AccountGone,
    5000224: AccountGone,
}
"""Classes of the first of `error_codes` in the token endpoint's answer; its text may change and is not looked at."""

UNAVAILABLE_CODES = {"Authentication_RequestFromNonPremiumTenantOrB2CTenant"}
NOT_APPLICABLE = "Request not applicable to target tenant"
"""Graph's text for a tenant without Intune; its code is a mere BadRequest (msgraph-beta-sdk-go issue 198)."""


async def connect(transport: Transport, target: Target) -> Session:
    """A session for one tenant; the token is minted when the first request needs it."""
    login = str(target.connection.get("login_url") or LOGIN)
    graph = str(target.connection.get("graph_url") or GRAPH)
    key = (target.connection_id, target.external_id)

    async def mint() -> Token:
        address = f"{login.rstrip('/')}/{quote(target.external_id, safe='')}/oauth2/v2.0/token"
        form = {
            "grant_type": "client_credentials",
            "client_id": str(target.connection["client_id"]),
            "client_secret": str(target.secret["client_secret"]),
            "scope": SCOPE,
        }
        answer = await transport.send("POST", address, origins={origin(login)}, form=form)
        if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
            raise classify_sign_in(answer)
        return token_of(answer)

    async def authorize() -> Mapping[str, str]:
        return {"authorization": f"Bearer {await TOKENS.get(key, mint)}"}

    def renew(refused: Mapping[str, str]) -> bool:
        TOKENS.refused(key, refused["authorization"].removeprefix("Bearer "))
        return True

    return Session("m365", {"default": graph}, authorize, renew, classify)


def classify_sign_in(answer: Answer) -> VendorError:
    """The class of a refused sign-in."""
    if answer.status == 429:  # noqa: PLR2004
        return Throttled("sign-in throttled", retry_after=retry_after(answer))
    if answer.status >= 500:  # noqa: PLR2004
        return Transient(f"the token endpoint answered {answer.status}")
    body = _object(answer)
    codes = body.get("error_codes")
    number = codes[0] if isinstance(codes, list) and codes else None
    told = f"sign-in refused: {body.get('error', 'no error named')} (AADSTS{number}, HTTP {answer.status})"
    return SIGN_IN_ERRORS.get(number or 0, CredentialInvalid)(told)


def classify(answer: Answer) -> VendorError:
    """The class of an answer of Graph that is not data: by status and code."""
    error = _object(answer).get("error")
    error = error if isinstance(error, dict) else {}
    code, text = str(error.get("code", "")), str(error.get("message", ""))
    told = f"HTTP {answer.status} {code}: {text}"[:500].rstrip(": ")
    if answer.status == 429:  # noqa: PLR2004
        return Throttled(told, retry_after=retry_after(answer))
    if code in UNAVAILABLE_CODES or NOT_APPLICABLE in text:
        return Unavailable(told)
    if answer.status == 401:  # noqa: PLR2004 - a fresh token refused: this tenant's matter, not the credential's
        return ConsentMissing(told)
    if answer.status == 403:  # noqa: PLR2004
        return ConsentMissing(told, advice="Grant the application the permission this list needs, and admin consent.")
    if answer.status >= 500:  # noqa: PLR2004
        return Transient(told)
    return RequestInvalid(told)


def _object(answer: Answer) -> dict[str, Any]:
    try:
        body = answer.json()
    except SchemaDrift:
        return {}
    return body if isinstance(body, dict) else {}
