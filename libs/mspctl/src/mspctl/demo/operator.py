"""What a person would do: add the connections, say in what contracts are priced, and whose each account is."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from mspbyte_common.trace import new_traceparent
from mspctl.reconciliation.store import put_rule
from mspctl.store import Database
from mspctl.tenants import store
from mspctl.tenants.connect import add_connection

MSP = "Demo MSP"
CURRENCY = {"id": "currency", "currency": "EUR"}
"""The simulated price list is in euros; Autotask's contracts do not say so."""


def connect_vendors(database: Database, simulators: Path) -> None:
    """Adds a connection to each simulator that has none yet, as it wrote down, and names the currency of the contracts."""
    known = orjson.loads(simulators.read_bytes())
    m365, autotask, sophos = known["m365"], known["autotask"], known["sophos"]
    with database.transaction() as connection:
        connected = {row["vendor"] for row in store.connections(connection)}
        put_rule(connection, database.msp, CURRENCY["id"], CURRENCY, "global", None, "mspctl demo")
    wanted: tuple[tuple[str, str, dict[str, str], dict[str, object]], ...] = (
        (
            "autotask",
            "Autotask",
            {"username": autotask["username"], "zone_lookup_url": autotask["zone_lookup"]},
            {"secret": autotask["secret"], "integration_code": autotask["integration_code"]},
        ),
        (
            "m365",
            "Microsoft 365",
            {
                "partner_tenant_id": m365["partner_tenant_id"],
                "client_id": m365["client_id"],
                "login_url": m365["login"],
                "graph_url": m365["graph"],
            },
            {"client_secret": m365["client_secret"]},
        ),
        (
            "sophos",
            "Sophos",
            {"client_id": sophos["client_id"], "identity_url": sophos["identity"], "api_url": sophos["api"]},
            {"client_secret": sophos["client_secret"]},
        ),
    )
    for vendor, name, settings, secret in wanted:
        if vendor not in connected:
            add_connection(database, vendor, name, settings, secret)


class Mapping:
    """The mapping the ground truth knows, applied as accounts and clients turn up."""

    def __init__(self, truth: dict[str, Any]) -> None:
        self._left = {
            (account["vendor"], account["external_id"]): str(account["company_id"])
            for account in truth["accounts"]
            if account["company_id"] is not None
        }

    @property
    def left(self) -> int:
        """Accounts still to be mapped."""
        return len(self._left)

    def apply(self, database: Database) -> None:
        """Maps every account that is there and whose client is there, each in its own transaction.

        One that is mapped so already is left alone: mapping it again would work out all its records anew.
        """
        if not self._left:
            return
        with database.transaction() as connection:
            accounts = {(row["vendor"], row["external_id"]): row for row in store.accounts(connection)}
            clients: dict[str, UUID] = {row["company_id"]: row["id"] for row in store.clients(connection)}
        for place, company in list(self._left.items()):
            if place in accounts and company in clients:
                account, client = accounts[place], clients[company]
                if (account["state"], account["client_id"]) != ("mapped", client):
                    with database.transaction() as connection:
                        store.assign_account(connection, account["id"], "mapped", client, new_traceparent())
                del self._left[place]
