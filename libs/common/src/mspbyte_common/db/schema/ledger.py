"""Work of the stages, what failed for good, and rebuilds."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)

from mspbyte_common.db.schema.columns import Id, Time, metadata, now, of_msp

work = Table(
    "work",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    of_msp(),
    Column("run_id", Id),
    Column("account_id", Id),
    Column("stage", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("entity_ids", ARRAY(Id), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("starts", SmallInteger, nullable=False, server_default=text("0")),
    Column("not_before", Time),
    Column("announced_at", Time),
    now("created_at"),
    Column("last_error", Text),
    Column("traceparent", Text, nullable=False),
    CheckConstraint("cardinality(entity_ids) BETWEEN 1 AND 1000", name="batch"),
    Index("ix_work_window", "stage", "account_id", "id"),
    Index("ix_work_waiting", "stage", "msp_id", "account_id", "id", postgresql_where=text("announced_at IS NULL")),
    Index(
        "ix_work_announced", "stage", "msp_id", "account_id", "id", postgresql_where=text("announced_at IS NOT NULL")
    ),
    comment="Outbox, inbox and ledger in one: what is to be done, written in the transaction it follows from.",
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    of_msp(),
    Column("work_id", BigInteger, nullable=False, unique=True),
    Column("run_id", Id),
    Column("account_id", Id),
    Column("stage", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("entity_ids", ARRAY(Id), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error_class", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("reason", Text),
    now("created_at"),
    Column("closed_at", Time),
    CheckConstraint("state IN ('open', 'replayed', 'discarded')", name="state"),
    comment="Work that failed past its attempts: listed, inspected, replayed or discarded by a person.",
)

derivation = Table(
    "derivation",
    metadata,
    Column("stage", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("pending", Boolean, nullable=False, server_default=text("false")),
    now("since"),
    CheckConstraint("stage IN ('process', 'resolve', 'link')", name="stage"),
    comment=(
        "By which version a step derives what: of 'vendor/resource' (process) or of a kind (resolve, link). Each service "
        "writes its own when it starts; pending: records an older one derived are yet to be derived anew."
    ),
)

rebuild = Table(
    "rebuild",
    metadata,
    Column("id", Id, primary_key=True),
    of_msp(),
    Column("reason", Text, nullable=False),
    Column("vendor", Text),
    Column("resource", Text),
    Column("kind", Text),
    Column("stages", ARRAY(Text), nullable=False),
    Column("stage", Text, nullable=False),
    Column("account_id", Id),
    Column("after_resource", Text),
    Column("after_id", Id),
    Column("entities", BigInteger, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    now("created_at"),
    Column("finished_at", Time),
    CheckConstraint("state IN ('open', 'done', 'cancelled')", name="state"),
    Index("ix_rebuild_open", "created_at", postgresql_where=text("state = 'open'")),
    comment=(
        "A walk over an msp's records, stage by stage, that has them derived anew in small pieces of work. account_id, "
        "after_resource and after_id are its place; vendor, resource and kind narrow it."
    ),
)
