"""How lists are sent: in PostgreSQL's binary form, for psycopg's text form looks at every character of every element."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.adapt import PyFormat
from psycopg.types.array import BaseListDumper, ListBinaryDumper, ListDumper
from typing_extensions import override

BINARY: Final = (UUID, str, bytes)


class _Lists(ListDumper):
    """Lists of ids, texts and bytes in binary, every other as psycopg sends it."""

    @override
    def upgrade(self, obj: list[Any], format: PyFormat) -> BaseListDumper:
        """The dumper of the list's elements."""
        if type(self._find_list_element(obj, format)) in BINARY:
            return ListBinaryDumper(self.cls, self._tx).upgrade(obj, PyFormat.BINARY)
        return super().upgrade(obj, format)


async def register_arrays(connection: AsyncConnection[Any]) -> None:
    """Has the connection send lists so."""
    connection.adapters.register_dumper(list, _Lists)
