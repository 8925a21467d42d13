"""The stage `notify`: sends webhooks and mails."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mspbyte_common.db.engine import transaction
from mspbyte_common.effects.effect import Effect, Manner, Perform, Result
from mspbyte_common.errors import RequestInvalid
from mspbyte_common.service import Service
from mspbyte_common.settings import ServiceSettings
from mspbyte_common.vendors.transport import Transport
from svc_workers.notify import mail, store, webhook
from svc_workers.notify.channels import MailChannel, channel

GIVEN_UP: Final = 60.0
FIRST_PAUSE: Final = 15.0
PAUSE_MOST: Final = 3_600.0


def pause(tried: int) -> float:
    """A random part of 15, 30, 60 … seconds, at most an hour; never less than a third."""
    most = min(PAUSE_MOST, FIRST_PAUSE * 2**tried)
    return random.uniform(most / 3, most)  # noqa: S311 - no secret


MANNER: Final = Manner(seconds=GIVEN_UP, settled=2 * GIVEN_UP, tries=10, pause=pause)
"""A receiver tells a second coming by its id, so what may have arrived is sent again. Ten tries last some four hours."""


class WorkersSettings(ServiceSettings):
    """Settings of svc-workers."""

    channels_file: Path | None = None
    """Where messages go, and the secrets for it: JSON, by msp and channel. Read anew for each message."""
    allow_loopback_http: bool = False
    """True only for tests and demos: webhooks may go to loopback addresses, in plain http."""


@dataclass(frozen=True)
class Notifier:
    """Sends messages by the channels of their msp."""

    service: Service
    transport: Transport
    settings: WorkersSettings
    clock: Callable[[], float] = time.time

    async def perform(self, effect: Effect) -> Result:
        """Sends one."""
        async with transaction(self.service.pool, effect.msp_id) as connection:
            msp = await store.msp_name(connection)
        to = channel(self.settings.channels_file, msp, str(effect.request["channel"]))
        if to.kind != effect.kind:
            raise RequestInvalid(f"the channel is for {to.kind}", advice="Name another channel in the workflow.")
        if isinstance(to, MailChannel):
            return await mail.send(to, effect, allow_loopback=self.settings.allow_loopback_http)
        return await webhook.send(self.transport, to, effect, self.clock())


def performer(service: Service, transport: Transport, settings: WorkersSettings) -> Perform:
    """What carries messages out."""
    return Notifier(service, transport, settings).perform
