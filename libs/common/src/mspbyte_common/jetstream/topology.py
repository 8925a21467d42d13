"""Every stream and consumer, on one screen. The bootstrap applies them; services may not create any.

    scheduler ──jobs.<vendor>.<resource>──▶ JOBS ──▶ adapter-<vendor>
    adapters, stages ──stage.<stage>.<kind>──▶ STAGES ──▶ process, resolve, link, evaluate, act, ticket, notify, report
    anyone ◀── FACTS (entity.changed.<kind>, finding.<state>.<check>)          dead.<stage> ──▶ DEAD
    adapters of a vendor ◀── limits.paused.<vendor> ──▶ each other: core NATS, in no stream

A message is a hint (ADR 0001): streams are bounded, drop the oldest, and everything in them can be announced again.
"""

from __future__ import annotations

from dataclasses import dataclass

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

VENDORS = ("m365", "autotask", "sophos")
WALK = ("process", "resolve", "link", "evaluate")
"""The stages every record goes through."""
STAGES = (*WALK, "act", "ticket", "notify", "report")

ACK_WAIT = 30.0
"""Seconds until an unacknowledged message is delivered again; long work says `in_progress`."""
DAY = 86_400.0


@dataclass(frozen=True)
class Consumer:
    """A durable pull consumer: `max_pending` messages in flight over all replicas."""

    stream: str
    name: str
    subject: str
    max_pending: int


STREAMS: tuple[StreamConfig, ...] = (
    StreamConfig(name="JOBS", subjects=["jobs.>"], retention=RetentionPolicy.WORK_QUEUE, max_age=DAY),
    StreamConfig(name="STAGES", subjects=["stage.>"], retention=RetentionPolicy.WORK_QUEUE, max_age=DAY),
    StreamConfig(
        name="FACTS",
        subjects=["entity.>", "finding.>"],
        retention=RetentionPolicy.LIMITS,
        max_age=DAY,
        max_msgs=1_000_000,
    ),
    StreamConfig(name="DEAD", subjects=["dead.>"], retention=RetentionPolicy.LIMITS, max_age=7 * DAY, max_msgs=100_000),
)

CONSUMERS: tuple[Consumer, ...] = (
    *(Consumer("JOBS", f"adapter-{vendor}", f"jobs.{vendor}.>", 1_000) for vendor in VENDORS),
    *(Consumer("STAGES", stage, f"stage.{stage}.>", 1_000) for stage in STAGES),
)


async def apply(js: JetStreamContext, *, replicas: int = 1) -> None:
    """Creates what is missing and brings the rest up to date. Safe to repeat at any time."""
    for stream in STREAMS:
        config = stream.evolve(
            storage=StorageType.FILE, discard=DiscardPolicy.OLD, num_replicas=replicas, duplicate_window=60.0
        )
        try:
            await js.stream_info(config.name or "")
        except NotFoundError:
            await js.add_stream(config)
        else:
            await js.update_stream(config)
    for consumer in CONSUMERS:
        await js.add_consumer(
            consumer.stream,
            ConsumerConfig(
                durable_name=consumer.name,
                filter_subject=consumer.subject,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=ACK_WAIT,
                max_deliver=-1,
                max_ack_pending=consumer.max_pending,
            ),
        )
