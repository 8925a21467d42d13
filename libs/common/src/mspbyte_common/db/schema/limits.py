"""What vendors allow, and how much of it is taken."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, Index, Integer, Table, Text, text

from mspbyte_common.db.schema.columns import Id, Time, epoch, metadata, of_msp

budget = Table(
    "budget",
    metadata,
    Column("msp_id", Id, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("vendor", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("connection_id", Id, nullable=False),
    Column("account_id", Id),
    Column("resource", Text),
    Column("limit_text", Text),
    Column("amount", Double),
    Column("seconds", Double),
    epoch("tat"),
    Column("factor", Double, nullable=False, server_default=text("1")),
    epoch("lowered_at"),
    epoch("window_at"),
    Column("spent", Double, nullable=False, server_default=text("0")),
    Column("spent_before", Double, nullable=False, server_default=text("0")),
    Column("not_before", Time),
    Column("refused", BigInteger, nullable=False, server_default=text("0")),
    Column("refused_at", Time),
    Column("strikes", Integer, nullable=False, server_default=text("0")),
    Column("reason", Text),
    Column("wanted_at", Time),
    Column("looked_at", Time),
    CheckConstraint("factor > 0 AND factor <= 1", name="factor"),
    CheckConstraint("level IN ('connection', 'account', 'endpoint')", name="level"),
    prefixes=["UNLOGGED"],
    comment=(
        "What all replicas have used of a vendor's limits. A row with limit_text is one limit of one scope: tat is GCRA's "
        "theoretical arrival time, factor the share of the rate in force. One without is a place that can be paused."
    ),
)

budget_place = Table(
    "budget_place",
    metadata,
    Column("holder", Text, primary_key=True),
    of_msp(),
    Column("scope", Text, nullable=False),
    Column("held_until", Time, nullable=False),
    Index("ix_budget_place_scope", "msp_id", "scope"),
    prefixes=["UNLOGGED"],
    comment="One of the places a limit on concurrency has, held by a process until a moment unless it says so again.",
)
