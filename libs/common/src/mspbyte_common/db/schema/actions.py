"""What is done outside, by whose wish, and how far it came."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from mspbyte_common.db.schema.columns import Id, Time, metadata, now, of_msp

workflow = Table(
    "workflow",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("target_id", Id),
    Column("declaration", JSONB, nullable=False),
    Column("author", Text, nullable=False),
    now("applied_at"),
    CheckConstraint("scope IN ('global', 'client_group', 'client')", name="scope"),
    CheckConstraint("(scope = 'global') = (target_id IS NULL)", name="target"),
    UniqueConstraint("msp_id", "name"),
    comment="What is to follow from findings, as a person declared it, and of which clients.",
)

action_mode = Table(
    "action_mode",
    metadata,
    Column("msp_id", Id, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("author", Text, nullable=False),
    now("set_at"),
    CheckConstraint("kind IN ('all', 'ticket', 'webhook', 'mail')", name="kind"),
    CheckConstraint("mode IN ('off', 'approve', 'automatic')", name="mode"),
    comment="Whether anything is done outside, and of which kind; the stricter of 'all' and the kind counts. No row: off.",
)

action = Table(
    "action",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("workflow_id", Id, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("group_key", Text, nullable=False),
    Column("episode", Integer, nullable=False, server_default=text("0")),
    Column("about_id", Id),
    Column("number", Integer, nullable=False, server_default=text("0")),
    Column("client_id", Id),
    Column("account_id", Id),
    Column("findings", ARRAY(Id), nullable=False),
    Column("told", JSONB, nullable=False),
    Column("summary", Text, nullable=False),
    Column("request", JSONB, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("tried", Integer, nullable=False, server_default=text("0")),
    Column("uncertain", Boolean, nullable=False, server_default=text("false")),
    Column("due_at", Time),
    Column("external_id", Text),
    Column("error_class", Text),
    Column("error", Text),
    Column("advice", Text),
    now("created_at"),
    now("changed_at"),
    Column("ended_at", Time),
    Column("traceparent", Text, nullable=False),
    CheckConstraint("kind IN ('ticket_create', 'ticket_note', 'ticket_close', 'webhook', 'mail')", name="kind"),
    CheckConstraint(
        "state IN ('proposed', 'queued', 'doing', 'done', 'failed', 'rejected', 'cancelled')", name="state"
    ),
    Index("ix_action_group", "workflow_id", "name", "group_key", "episode"),
    Index("ix_action_about_id", "about_id", "number"),
    Index("ix_action_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("ix_action_unfinished", "kind", "state", "created_at", postgresql_where=text("state <> 'done'")),
    Index("ix_action_findings", "findings", postgresql_using="gin"),
    comment=(
        "One effect outside, wanted once: its id is computed from what it follows from, and goes with it. A ticket is its "
        "ticket_create; notes and the closing are about_id that, in order of number, and ended_at says that its findings "
        "have cleared. told: what it tells of which finding. due_at: when it is looked at again; of one that is under way, "
        "when it may be taken for lost. attempts is its fence, tried how many of them may have had an effect; uncertain: what "
        "became of the last of those is not known."
    ),
)

action_step = Table(
    "action_step",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    of_msp(),
    Column("action_id", Id, ForeignKey("action.id", ondelete="CASCADE"), nullable=False),
    Column("step", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("detail", Text),
    now("at"),
    Index("ix_action_step_action_id", "action_id"),
    comment="Each step of an action and who took it, append-only.",
)

workflow_trial = Table(
    "workflow_trial",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("target_id", Id),
    Column("declaration", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    now("requested_at"),
    Column("result", JSONB),
    Column("error", Text),
    CheckConstraint("state IN ('requested', 'ready', 'failed')", name="state"),
    comment="A dry run of a workflow, asked for and, when ready, the exact requests that would follow from today's findings.",
)
