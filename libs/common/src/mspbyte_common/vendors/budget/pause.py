"""Pauses: a place that a vendor refused is left alone by every replica.

The database keeps until when (`store.pause`). Core NATS tells it at once to the processes that listen; one that was not
listening sees it with its next slice.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import nats.errors
import orjson
import structlog
from nats.aio.client import Client

from mspbyte_common.errors import Throttled, ThrottledAccount, ThrottledApplication, ThrottledEndpoint
from mspbyte_common.vendors.limits import LEVELS, Level

log = structlog.get_logger()

FIRST_SECONDS: Final = 5.0
"""The pause after a refusal that does not say how long; each further one doubles it."""
MOST_SECONDS: Final = 300.0
"""The longest that we choose ourselves."""
BELIEVED_SECONDS: Final = 3_600.0
"""The longest pause another process may ask for."""


def level_of(error: Throttled) -> Level:
    """Whom a refusal stops; the account, where the vendor did not say."""
    if isinstance(error, ThrottledApplication):
        return "connection"
    if isinstance(error, ThrottledEndpoint):
        return "endpoint"
    if isinstance(error, ThrottledAccount):
        return "account"
    return "account"


def pause_seconds(told: float | None, strikes: int) -> float:
    """How long to pause: as told, else longer with each refusal in a row, spread so that not all begin again at once."""
    if told is not None:
        return told
    whole = min(FIRST_SECONDS * 2.0 ** (min(strikes, 20) - 1), MOST_SECONDS)
    return whole * random.uniform(0.8, 1.0)  # noqa: S311 - no secret


@dataclass
class Pauses:
    """What this process knows of pauses, and how it tells others. `client` None: it tells nobody."""

    vendor: str
    client: Client | None = None
    _until: dict[tuple[UUID, str], float] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """Where this vendor's pauses are told."""
        return f"limits.paused.{self.vendor}"

    async def listen(self) -> None:
        """Hears of pauses from now on, also after the broker was away."""
        if self.client is not None:
            await self.client.subscribe(self.subject, cb=self._heard)

    def seconds(self, msp_id: UUID, places: Iterable[str]) -> float:
        """How long none of these may be asked, 0.0 if they may be now."""
        ends = (self._until.get((msp_id, place), 0.0) for place in places)
        return max(max(ends) - time.monotonic(), 0.0)

    def begin(self, msp_id: UUID, place: str, seconds: float) -> None:
        """Pauses the place in this process; a longer pause stays."""
        now = time.monotonic()
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._until[msp_id, place] = max(self._until.get((msp_id, place), 0.0), now + seconds)

    async def tell(self, msp_id: UUID, place: str, seconds: float) -> None:
        """Tells the other processes, and flushes nothing: who does not hear it reads it."""
        if self.client is None:
            return
        body = orjson.dumps({"msp": str(msp_id), "place": place, "seconds": seconds})
        try:
            await self.client.publish(self.subject, body)
        except (nats.errors.Error, OSError) as error:
            log.info("pause_not_told", place=place, error=str(error) or type(error).__name__)

    async def _heard(self, message: Any) -> None:
        try:
            body = orjson.loads(message.data)
            msp_id, place, seconds = UUID(body["msp"]), str(body["place"]), float(body["seconds"])
        except (KeyError, TypeError, ValueError) as error:
            log.warning("pause_not_understood", error=str(error))
            return
        if place.partition("/")[0] in LEVELS:
            self.begin(msp_id, place, min(max(seconds, 0.0), BELIEVED_SECONDS))
