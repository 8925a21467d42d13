"""Which key-encryption key wrapped a data key, which msp is being removed, and what led to a finding."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("data_key", sa.Column("kek_id", sa.Text(), nullable=True))
    op.execute(
        "COMMENT ON TABLE data_key IS 'The key that encrypts an msp''s credentials, itself encrypted by the key-encryption key kek_id (NULL: by the one of a release that did not note it). While data keys are rotated there are two; the newest encrypts.'"
    )
    op.add_column("msp", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "COMMENT ON TABLE msp IS 'Who runs the system. removed_at: since when it is being removed; the row goes last.'"
    )
    op.add_column("finding_event", sa.Column("run_id", sa.UUID(), nullable=True))
    op.add_column("finding_event", sa.Column("traceparent", sa.Text(), nullable=True))
    op.execute(
        "COMMENT ON TABLE finding_event IS 'Each change of a finding, append-only. run_id: the run whose records led to it, NULL where time or a person did; traceparent: the evaluation in the trace that run began.'"
    )


def downgrade() -> None:
    op.drop_column("finding_event", "traceparent")
    op.drop_column("finding_event", "run_id")
    op.drop_column("msp", "removed_at")
    op.drop_column("data_key", "kek_id")
