"""What the tables have in common: their metadata and the columns many have."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, MetaData, func, text
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Time = DateTime(timezone=True)
Id = UUID(as_uuid=True)


def of_msp() -> Column[object]:
    """Whose a row is."""
    return Column("msp_id", Id, nullable=False)


def now(name: str) -> Column[object]:
    """The moment of writing, unless another is given."""
    return Column(name, Time, nullable=False, server_default=func.now())


def epoch(name: str) -> Column[object]:
    """A moment that is long past unless something happened."""
    return Column(name, Time, nullable=False, server_default=text("'epoch'"))
