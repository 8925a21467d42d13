"""Schedules: zones, policies, instants that share a fate; shares of msps; indexes of work by what waits and what is announced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"

TIME = sa.DateTime(timezone=True)
ANNOUNCED = "announced_at IS NOT NULL"
WAITS = "announced_at IS NULL"

STATES = (
    "state IN ('waiting', 'queued', 'running', 'succeeded', 'failed', 'parked', 'unavailable', 'skipped', 'missed')"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")

    op.add_column("msp", sa.Column("weight", sa.SmallInteger(), nullable=False, server_default=sa.text("1")))
    op.create_check_constraint(op.f("ck_msp_weight"), "msp", "weight BETWEEN 1 AND 100")
    op.execute(
        "COMMENT ON TABLE msp IS 'Who runs the system. weight: its share of what all msps use together, beside theirs. removed_at: since when it is being removed; the row goes last.'"
    )

    op.add_column("job", sa.Column("time_zone", sa.Text(), nullable=False, server_default=sa.text("'UTC'")))
    op.add_column("job", sa.Column("overlap", sa.Text(), nullable=False, server_default=sa.text("'skip'")))
    op.add_column("job", sa.Column("catch_up", sa.Text(), nullable=False, server_default=sa.text("'latest'")))
    op.add_column("job", sa.Column("paused_at", TIME))
    op.add_column("job", sa.Column("paused_reason", sa.Text()))
    op.add_column("job", sa.Column("backfill_from", TIME))
    op.add_column("job", sa.Column("backfill_to", TIME))
    op.create_check_constraint(op.f("ck_job_overlap"), "job", "overlap IN ('skip', 'queue')")
    op.create_check_constraint(op.f("ck_job_catch_up"), "job", "catch_up IN ('none', 'latest', 'all')")
    op.create_check_constraint(op.f("ck_job_backfill"), "job", "(backfill_from IS NULL) = (backfill_to IS NULL)")
    op.drop_index("ix_job_due", "job")
    op.create_index("ix_job_due", "job", ["next_fire_at"])
    op.create_index(
        "ix_job_asked", "job", ["id"], postgresql_where=sa.text("manual_at IS NOT NULL OR backfill_from IS NOT NULL")
    )
    op.execute(
        "COMMENT ON TABLE job IS '(account, resource) with its schedule: ''every 86400s'', or a cron expression in time_zone. overlap: what becomes of an instant that meets an open run; catch_up: of those nobody was there for. full_seconds: how old the last full listing may be before a run is a full one again; NULL: as the resource says. manual_at and backfill_*: what a person asked for.'"
    )

    op.add_column(
        "run",
        sa.Column("further_fire_times", postgresql.ARRAY(TIME), nullable=False, server_default=sa.text("'{}'")),
    )
    op.drop_constraint(op.f("ck_run_state"), "run", type_="check")
    op.create_check_constraint(op.f("ck_run_state"), "run", STATES)
    op.create_index("ix_run_waiting", "run", ["job_id", "fire_time"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_index("ix_run_finished_at", "run", ["finished_at"])
    op.execute(
        "COMMENT ON TABLE run IS 'One execution of a job, unique per fire time: the ledger row of the fetch stage, with lease and fence. What did not run has a row as well, with its reason; further_fire_times: the instants after it that share its fate. waiting: it runs when those before it have ended. mode is chosen when it is first claimed; cursor is the one it leaves to the next run when it is complete.'"
    )

    op.drop_index("ix_work_announced_at", "work")
    op.create_index("ix_work_waiting", "work", ["stage", "msp_id", "account_id", "id"], postgresql_where=sa.text(WAITS))
    op.create_index(
        "ix_work_announced", "work", ["stage", "msp_id", "account_id", "id"], postgresql_where=sa.text(ANNOUNCED)
    )


def downgrade() -> None:
    message = "the instants that did not run are not given up: restore a backup"
    raise NotImplementedError(message)
