"""Linkers declare by which rules they link."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

NAME = "ck_derivation_stage"
OLD_NAME = "ck_derivation_ck_derivation_stage"
"""The first version gave the whole name where its convention asks for its end."""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f(OLD_NAME), "derivation", type_="check")
    op.create_check_constraint(op.f(NAME), "derivation", "stage IN ('process', 'resolve', 'link')")
    op.execute(
        "COMMENT ON TABLE derivation IS 'By which version a step derives what: of ''vendor/resource'' (process) or of a kind (resolve, link). Each service writes its own when it starts; pending: records an older one derived are yet to be derived anew.'"
    )


def downgrade() -> None:
    op.execute("DELETE FROM derivation WHERE stage = 'link'")
    op.drop_constraint(op.f(NAME), "derivation", type_="check")
    op.create_check_constraint(op.f(OLD_NAME), "derivation", "stage IN ('process', 'resolve')")
