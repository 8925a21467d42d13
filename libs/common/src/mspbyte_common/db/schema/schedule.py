"""What is to be read and when, and what was: resources, jobs, runs and their pages."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from mspbyte_common.db.schema.columns import Id, Time, metadata, now, of_msp

resource = Table(
    "resource",
    metadata,
    Column("vendor", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("interval_seconds", Integer, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("incremental_seconds", Integer),
    Column("needs", Text, nullable=False, server_default=text("''")),
    CheckConstraint("level IN ('root', 'tenant')", name="level"),
    comment=(
        "What the adapters can fetch: each adapter writes its own rows when it starts. interval_seconds: how often in "
        "full; incremental_seconds: how often only what changed, NULL where the vendor cannot tell; needs: the "
        "permission, role or licence without which the vendor refuses it."
    ),
)

job = Table(
    "job",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("vendor", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    Column("schedule", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("next_fire_at", Time, nullable=False),
    Column("manual_at", Time),
    Column("full_seconds", Integer),
    Column("time_zone", Text, nullable=False, server_default=text("'UTC'")),
    Column("overlap", Text, nullable=False, server_default=text("'skip'")),
    Column("catch_up", Text, nullable=False, server_default=text("'latest'")),
    Column("paused_at", Time),
    Column("paused_reason", Text),
    Column("backfill_from", Time),
    Column("backfill_to", Time),
    UniqueConstraint("account_id", "resource"),
    CheckConstraint("overlap IN ('skip', 'queue')", name="overlap"),
    CheckConstraint("catch_up IN ('none', 'latest', 'all')", name="catch_up"),
    CheckConstraint("(backfill_from IS NULL) = (backfill_to IS NULL)", name="backfill"),
    Index("ix_job_due", "next_fire_at"),
    Index("ix_job_asked", "id", postgresql_where=text("manual_at IS NOT NULL OR backfill_from IS NOT NULL")),
    comment=(
        "(account, resource) with its schedule: 'every 86400s', or a cron expression in time_zone. overlap: what becomes of "
        "an instant that meets an open run; catch_up: of those nobody was there for. full_seconds: how old the last full "
        "listing may be before a run is a full one again; NULL: as the resource says. manual_at and backfill_*: what a "
        "person asked for."
    ),
)

listing = Table(
    "listing",
    metadata,
    Column("job_id", Id, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    of_msp(),
    Column("account_id", Id, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("cursor", JSONB),
    Column("complete_at", Time),
    Column("complete_run_id", Id),
    Column("records", Integer),
    Column("held_ids", ARRAY(Id), nullable=False, server_default=text("'{}'")),
    Column("unavailable_reason", Text),
    Column("current_at", Time),
    Column("unavailable_since", Time),
    Column("unavailable_at", Time),
    Index("ix_listing_account_id", "account_id"),
    comment=(
        "What the last runs proved of a resource: when it was last read whole (complete_at), until when all changes "
        "are known (current_at), the cursor to go on from there, and the deletions that wait for a second listing to "
        "agree. unavailable_*: why the account has no such resource, since when, and when it was last asked."
    ),
)

breaker = Table(
    "breaker",
    metadata,
    Column("job_id", Id, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    of_msp(),
    Column("account_id", Id, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", Time, nullable=False),
    Column("open_since", Time),
    Column("next_probe_at", Time),
    Column("error_class", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("advice", Text, nullable=False),
    CheckConstraint("(open_since IS NULL) = (next_probe_at IS NULL)", name="open_is_probed"),
    Index("ix_breaker_account_id", "account_id"),
    comment=(
        "A job whose last runs failed for the vendor's reasons, one row while they do. Open: it is not run on its "
        "schedule but asked at next_probe_at."
    ),
)

run = Table(
    "run",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("job_id", Id, ForeignKey("job.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", Id, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("fire_time", Time, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("restarts", SmallInteger, nullable=False, server_default=text("0")),
    Column("not_before", Time),
    Column("announced_at", Time),
    Column("fence", BigInteger, nullable=False, server_default=text("0")),
    Column("lease_owner", Text),
    Column("lease_until", Time),
    Column("page_token", JSONB),
    Column("pages", Integer, nullable=False, server_default=text("0")),
    Column("records", Integer, nullable=False, server_default=text("0")),
    Column("changed", Integer, nullable=False, server_default=text("0")),
    Column("deleted", Integer, nullable=False, server_default=text("0")),
    Column("held", Integer, nullable=False, server_default=text("0")),
    Column("error_class", Text),
    Column("error", Text),
    Column("advice", Text),
    Column("traceparent", Text, nullable=False),
    now("created_at"),
    Column("started_at", Time),
    Column("finished_at", Time),
    Column("mode", Text),
    Column("cursor", JSONB),
    Column("further_fire_times", ARRAY(Time), nullable=False, server_default=text("'{}'")),
    UniqueConstraint("job_id", "fire_time"),
    CheckConstraint("mode IN ('full', 'incremental')", name="mode"),
    CheckConstraint(
        "state IN ('waiting', 'queued', 'running', 'succeeded', 'failed', 'parked', 'unavailable', 'skipped', 'missed')",
        name="state",
    ),
    Index("ix_run_waiting", "job_id", "fire_time", postgresql_where=text("state = 'waiting'")),
    Index("ix_run_finished_at", "finished_at"),
    Index("ix_run_open", "state", "not_before", postgresql_where=text("state IN ('queued', 'running')")),
    Index("uq_run_open_job", "job_id", unique=True, postgresql_where=text("state IN ('queued', 'running')")),
    comment=(
        "One execution of a job, unique per fire time: the ledger row of the fetch stage, with lease and fence. What did not "
        "run has a row as well, with its reason; further_fire_times: the instants after it that share its fate. waiting: it "
        "runs when those before it have ended. mode is chosen when it is first claimed; cursor is the one it leaves to the "
        "next run when it is complete."
    ),
)

page = Table(
    "page",
    metadata,
    of_msp(),
    Column("run_id", Id, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("entity_ids", ARRAY(Id), nullable=False),
    Column("changed", Integer, nullable=False),
    now("stored_at"),
    comment="Which records a page of a run carried: together the proof of a complete listing.",
)
