"""What changed in an entity, asked by the fields Autotask moves when a record is edited.

Which entity has which field is read from the vendor's published models; contracts, their lines and resources have none.
`lastActivityDate` moves with notes and tickets and not with every edit, so both fields are asked. A deletion moves nothing:
the next full listing sees it.
"""

from __future__ import annotations

from datetime import timedelta

from mspbyte_common.vendors.endpoint import Cursor, Endpoint, Incremental, Request
from mspbyte_common.vendors.moments import began, moment, replaces
from mspbyte_common.vendors.pages import above, id_after

OLDEST = timedelta(days=7)
"""Autotask keeps no cursor, so none expires there; after a longer silence the whole list is the surer question."""


def changed_by(*fields: str, size: int) -> Incremental:
    """Hourly: records any of whose change fields moved since the last run began, five minutes of overlap included."""

    def first(endpoint: Endpoint, cursor: Cursor) -> Request:
        conditions = [{"op": "gte", "field": field, "value": moment(cursor)} for field in fields]
        return above(endpoint, -1, size, [{"op": "or", "items": conditions}])

    return Incremental(
        interval=timedelta(hours=1),
        oldest=OLDEST,
        cursor=began,
        first=first,
        following=id_after(size=size).following,
        merge=replaces,
    )
