"""Runs that read only what changed: cursors, their age, and how often each way is due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("resource", sa.Column("incremental_seconds", sa.Integer()))
    op.add_column("job", sa.Column("full_seconds", sa.Integer()))
    op.add_column("listing", sa.Column("current_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE listing SET current_at = complete_at")
    op.add_column("run", sa.Column("mode", sa.Text()))
    op.add_column("run", sa.Column("cursor", postgresql.JSONB()))
    op.create_check_constraint(op.f("ck_run_mode"), "run", "mode IN ('full', 'incremental')")
    op.create_table_comment(
        "resource",
        "What the adapters can fetch: each adapter writes its own rows when it starts. interval_seconds: how often in "
        "full; incremental_seconds: how often only what changed, NULL where the vendor cannot tell.",
    )
    op.create_table_comment(
        "job",
        "(account, resource) with its schedule: 'every 86400s', or a cron expression in UTC. full_seconds: how old the "
        "last full listing may be before a run is a full one again; NULL: as the resource says.",
    )
    op.create_table_comment(
        "listing",
        "What the last runs proved of a resource: when it was last read whole (complete_at), until when all changes "
        "are known (current_at), the cursor to go on from there, and the deletions that wait for a second listing to "
        "agree.",
    )
    op.create_table_comment(
        "run",
        "One execution of a job, unique per fire time: the ledger row of the fetch stage, with lease and fence. mode is "
        "chosen when it is first claimed; cursor is the one it leaves to the next run when it is complete.",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_run_mode"), "run")
    op.drop_column("run", "cursor")
    op.drop_column("run", "mode")
    op.drop_column("listing", "current_at")
    op.drop_column("job", "full_seconds")
    op.drop_column("resource", "incremental_seconds")
