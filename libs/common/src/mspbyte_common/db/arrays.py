"""How lists of ids are sent: in PostgreSQL's binary form, which takes a tenth of the time psycopg's text takes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.adapt import PyFormat
from psycopg.types.array import BaseListDumper, ListBinaryDumper, ListDumper
from typing_extensions import override


class _Lists(ListDumper):
    """Lists of UUIDs in binary, every other as psycopg sends it."""

    @override
    def upgrade(self, obj: list[Any], format: PyFormat) -> BaseListDumper:
        """The dumper of the list's elements."""
        if isinstance(self._find_list_element(obj, format), UUID):
            return ListBinaryDumper(self.cls, self._tx).upgrade(obj, PyFormat.BINARY)
        return super().upgrade(obj, format)


async def register_arrays(connection: AsyncConnection[Any]) -> None:
    """Has the connection send lists of ids in binary."""
    connection.adapters.register_dumper(list, _Lists)
