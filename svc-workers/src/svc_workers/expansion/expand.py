"""From a piece of work to the subjects whose checks must run."""

from __future__ import annotations

from uuid import UUID

from mspbyte_common.db.engine import Connection
from mspbyte_common.ledger.item import Item
from mspbyte_common.reconciliation.book import RuleBook
from svc_workers.expansion import store
from svc_workers.reconciliation.reads import with_rules
from svc_workers.reconciliation.store import rule_book
from svc_workers.shipped import CHECKS

ASKED: list[tuple[str, str]] = sorted(
    {(relation, check.kind.NAME) for check in CHECKS.values() for relation in check.relations}
)
"""(relation, kind): a change at one end of the relation concerns subjects of the kind at the other."""
COMPARED: list[tuple[str, str]] = sorted(
    {(kind, check.kind.NAME) for check in CHECKS.values() for kind in check.account_kinds}
)
"""(kind, subject kind): a change of the first concerns every subject of the second in the same account."""
KINDS: list[str] = sorted({check.kind.NAME for check in CHECKS.values()})


def counted(book: RuleBook) -> list[tuple[str, str]]:
    """(kind, subject kind): a change of the first concerns every subject of the second in the same client."""
    checks = [with_rules(check, book) for check in CHECKS.values()]
    return sorted({(kind, check.kind.NAME) for check in checks for kind in check.client_kinds})


async def expand(connection: Connection, item: Item) -> set[UUID]:
    """The ids of the subjects, entities and accounts, that a piece of work is about.

    kind `recheck`: the subjects themselves; `listing`: the accounts whose listings became complete, or unavailable, and
    whoever waits for them; `account`: the accounts, what they hold and who waits for them; any other: entities, their
    neighbours, the other records of the things those are, and what counts or compares them.
    """
    ids = item.entity_ids
    match item.kind:
        case "recheck":
            return set(ids)
        case "listing":
            return await store.waiting_for_listings(connection, ids)
        case "account":
            return set(ids) | await store.of_accounts(connection, ids, KINDS)
        case _:
            near = set(ids) | await store.neighbours(connection, ids, ASKED)
            together = await store.together(connection, list(near))
            counting = await store.same_client(connection, ids, counted(await rule_book(connection)))
            return near | together | counting | await store.same_account(connection, ids, COMPARED)
