"""What a list needs, and since when an account is without it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("resource", sa.Column("needs", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_table_comment(
        "resource",
        "What the adapters can fetch: each adapter writes its own rows when it starts. interval_seconds: how often in "
        "full; incremental_seconds: how often only what changed, NULL where the vendor cannot tell; needs: the "
        "permission, role or licence without which the vendor refuses it.",
    )
    op.add_column("listing", sa.Column("unavailable_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("listing", sa.Column("unavailable_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE listing SET unavailable_since = now(), unavailable_at = now() WHERE unavailable_reason IS NOT NULL"
    )
    op.create_table_comment(
        "listing",
        "What the last runs proved of a resource: when it was last read whole (complete_at), until when all changes "
        "are known (current_at), the cursor to go on from there, and the deletions that wait for a second listing to "
        "agree. unavailable_*: why the account has no such resource, since when, and when it was last asked.",
    )


def downgrade() -> None:
    message = "capability is not undone: restore a backup"
    raise NotImplementedError(message)
