"""Says over NATS that work is ready. A lost announcement costs time, never work: the scheduler's sweep says it again."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import nats.errors
import orjson
import structlog
from nats.aio.client import Client

from mspbyte_common.ledger.store import Announcement
from mspbyte_common.metrics import ANNOUNCED

log = structlog.get_logger()


class Announcer:
    """Publishes hints. It does not wait for the broker and does not fail when there is none."""

    def __init__(self, client: Client) -> None:
        self._client = client
        for outcome in ("sent", "lost"):
            ANNOUNCED.labels(outcome)  # shown as 0 until it happens: a rate needs a beginning

    async def work(self, announcements: Iterable[Announcement]) -> None:
        """`stage.<stage>.<kind>` with the work's number, for each."""
        for work_id, msp_id, stage, kind, traceparent in announcements:
            body = orjson.dumps({"work": work_id, "msp": str(msp_id)})
            await self._publish(f"stage.{stage}.{kind}", body, f"work-{work_id}", traceparent)

    async def run(self, run_id: UUID, msp_id: UUID, vendor: str, resource: str, traceparent: str) -> None:
        """`jobs.<vendor>.<resource>` with the run's id."""
        body = orjson.dumps({"run": str(run_id), "msp": str(msp_id)})
        await self._publish(f"jobs.{vendor}.{resource}", body, f"run-{run_id}", traceparent)

    async def _publish(self, subject: str, body: bytes, source: str, traceparent: str) -> None:
        headers = {
            "ce-specversion": "1.0",
            "ce-type": subject.split(".", 1)[0],
            "ce-source": "mspbyte",
            "ce-id": source,
            "traceparent": traceparent,
        }
        try:
            await self._client.publish(subject, body, headers=headers)
        except (nats.errors.Error, OSError) as error:
            log.info("announcement_lost", subject=subject, error=str(error) or type(error).__name__)
            ANNOUNCED.labels("lost").inc()
        else:
            ANNOUNCED.labels("sent").inc()
