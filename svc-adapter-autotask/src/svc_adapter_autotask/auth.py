"""Finds the zone an Autotask database lives in and signs each request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import urlencode

from mspbyte_common.errors import SchemaDrift, Transient, VendorError
from mspbyte_common.vendors.addresses import named_by_vendor
from mspbyte_common.vendors.session import Sender, Session, Target
from mspbyte_common.vendors.tokens import Token, TokenCache
from mspbyte_common.vendors.transport import Answer, origin
from svc_adapter_autotask import threshold
from svc_adapter_autotask.failures import classify, classify_zone
from svc_adapter_autotask.settings import DOMAIN, ZONE_HOURS, ZONE_LOOKUP

ZONES = TokenCache()
MOVED = "the zone does not know the database, which may have moved: its zone is looked up again"


async def connect(sender: Sender, target: Target) -> Session:
    """A session on the database's zone. Every request carries the credential, there is no token.

    Every two minutes it looks how much of the database's threshold is used, by whomever.
    """
    lookup = str(target.connection.get("zone_lookup_url") or ZONE_LOOKUP)
    username = str(target.connection["username"])

    looked_up = False

    async def find_zone() -> Token:
        nonlocal looked_up
        looked_up = True
        address = f"{lookup.rstrip('/')}/atservicesrest/v1.0/zoneInformation?{urlencode({'user': username})}"
        answer = await sender.purpose("zone").send("GET", address, origins={origin(lookup)})
        if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
            raise classify_zone(answer)
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
        return False

    def named(answer: Answer) -> VendorError:
        """A zone that was good answers 401, 404 or nothing once the database has moved: the next try looks it up anew."""
        empty = answer.status == HTTPStatus.OK and not answer.content
        if answer.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND} and not empty:
            return classify(answer)
        ZONES.refused(key, zone)
        return classify(answer) if looked_up else Transient(MOVED)

    await _look_at_threshold(sender.purpose("threshold"), zone, await authorize(), named)
    return Session("autotask", {"default": zone}, authorize, renew, named)


async def _look_at_threshold(
    sender: Sender, zone: str, headers: Mapping[str, str], classify: Callable[[Answer], VendorError]
) -> None:
    if not await sender.due(threshold.LOOK_SECONDS):
        return
    answer = await sender.send("GET", zone + threshold.PATH, origins={origin(zone)}, headers=headers)
    if answer.status != 200:  # noqa: PLR2004
        raise classify(answer)
    body = answer.json()
    told = threshold.feedback(body if isinstance(body, dict) else {})
    if told is not None:
        await sender.slow(told)


def zone_url(url: str, lookup: str) -> str:
    """The zone's address, if it is Autotask's: the credential is sent there."""
    return named_by_vendor(url, domain=DOMAIN, configured=lookup) + "/"
