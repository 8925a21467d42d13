"""Finds the zone an Autotask database lives in, signs each request, and names Autotask's errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from mspbyte_common.errors import (
    ConsentMissing,
    CredentialInvalid,
    RequestInvalid,
    SchemaDrift,
    Throttled,
    Transient,
    VendorError,
)
from mspbyte_common.vendors.session import Session, Target
from mspbyte_common.vendors.tokens import Token, TokenCache
from mspbyte_common.vendors.transport import Answer, Transport, origin
from mspbyte_common.vendors.waits import retry_after
from svc_adapter_autotask.settings import ZONE_HOURS, ZONE_LOOKUP

ZONES = TokenCache()
REFUSED_TEXTS = ("Unable to find", "query syntax", "Queries are limited", "does not exist", "does not reference")
"""Texts of a 500 that says the request is wrong: asked again it would fail again. Any other 500 may pass."""
THREADS_TEXT = "thread threshold"
"""The text of the answer to a fourth concurrent request, whatever its status."""


async def connect(transport: Transport, target: Target) -> Session:
    """A session on the database's zone. Every request carries the credential, there is no token."""
    lookup = str(target.connection.get("zone_lookup_url") or ZONE_LOOKUP)
    username = str(target.connection["username"])

    async def find_zone() -> Token:
        address = f"{lookup.rstrip('/')}/atservicesrest/v1.0/zoneInformation?{urlencode({'user': username})}"
        answer = await transport.send("GET", address, origins={origin(lookup)})
        if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
            raise classify_zone(answer, username)
        body = answer.json()
        if not isinstance(body, dict) or not isinstance(body.get("url"), str):
            message = "the zone lookup's answer has no url"
            raise SchemaDrift(message)
        return Token(zone_url(body["url"], lookup), ZONE_HOURS * 3_600.0)

    key = (target.connection_id, "zone")
    zone = await ZONES.get(key, find_zone)

    async def authorize() -> Mapping[str, str]:
        return {
            "apiintegrationcode": str(target.secret["integration_code"]),
            "username": username,
            "secret": str(target.secret["secret"]),
        }

    def renew(_refused: Mapping[str, str]) -> bool:
        """Nothing to renew: a second try with the same secret brings the user nearer to being locked."""
        ZONES.refused(key, zone)  # a database that was moved answers 401 on its old zone
        return False

    return Session("autotask", {"default": zone}, authorize, renew, classify)


def zone_url(url: str, lookup: str) -> str:
    """The zone's address, if it is under the lookup's own domain: the credential is sent there."""
    given, known = urlsplit(origin(url)), urlsplit(origin(lookup))
    domain = ".".join((known.hostname or "").split(".")[-2:])
    same = given.hostname == known.hostname or (
        known.scheme == "https" and (given.hostname or "").endswith(f".{domain}")
    )
    if given.scheme != known.scheme or not same:
        message = f"the zone {url} is not under {domain}"
        raise RequestInvalid(message)
    return url.rstrip("/") + "/"


def classify_zone(answer: Answer, username: str) -> VendorError:
    """The class of a failed zone lookup; an unknown user is answered with 500, not 404."""
    if _errors(answer):
        return CredentialInvalid(
            f"Autotask knows no API user {username!r}", advice="Check the user name: mspctl connection add."
        )
    if answer.status == 429:  # noqa: PLR2004
        return Throttled("zone lookup throttled", retry_after=retry_after(answer))
    return Transient(f"the zone lookup answered {answer.status}")


def classify(answer: Answer) -> VendorError:
    """The class of an answer that is not data. A wrong request is a 500 like a broken server: its texts tell."""
    errors = _errors(answer)
    told = f"HTTP {answer.status}: {'; '.join(errors)}"[:500].rstrip(": ")
    if answer.status == 429 or any(THREADS_TEXT in text for text in errors):  # noqa: PLR2004
        return Throttled(told, retry_after=retry_after(answer))
    if answer.status == 401:  # noqa: PLR2004
        return CredentialInvalid(
            told,
            advice="Check the API user's secret, that it is active and not locked, then: mspctl connection set-secret.",
        )
    if answer.status == 403:  # noqa: PLR2004
        return ConsentMissing(told, advice="Give the API user's security level access to this entity.")
    if any("IntegrationCode" in text for text in errors):
        return CredentialInvalid(told, advice="Check the tracking identifier: mspctl connection set-secret.")
    refused = any(known in text for text in errors for known in REFUSED_TEXTS)
    if answer.status >= 500 and not refused:  # noqa: PLR2004
        return Transient(told)
    return RequestInvalid(told)


def _errors(answer: Answer) -> list[str]:
    try:
        body: Any = answer.json()
    except SchemaDrift:
        return []
    errors = body.get("errors") if isinstance(body, dict) else None
    return [str(text) for text in errors] if isinstance(errors, list) else []
