"""Adds a connection with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from mspbyte_common import ids
from mspbyte_common.errors import UsageError
from mspbyte_common.trace import new_traceparent
from mspctl.store import Database
from mspctl.tenants import store
from mspctl.tenants.credentials import seal
from mspctl.tenants.expiry import expiry_of
from mspctl.tenants.vendors import complete_secret, complete_settings, vendor_named


def add_connection(
    database: Database,
    vendor_name: str,
    name: str,
    settings: Mapping[str, str],
    secret: Mapping[str, object],
    expires_at: datetime | None = None,
) -> UUID:
    """Writes the connection, its secret and its root account in one transaction; returns the connection's id.

    `expires_at`: when a person says the secret ends; a certificate says so itself.
    """
    vendor = vendor_named(vendor_name)
    complete = complete_settings(vendor, settings)
    parts = complete_secret(vendor, secret)
    connection_id = ids.connection_id(database.msp, vendor.name, name)
    with database.transaction() as connection:
        sealed, version = seal(connection, database.target.kek_file, database.msp, vendor.name, connection_id, parts)
        added = store.add_connection(
            connection, database.msp, vendor.name, name, complete, sealed, version, expiry_of(parts, expires_at)
        )
        if added is None:
            message = f"there is a {vendor.name} connection {name!r} already: mspctl connection set-secret changes its secret."
            raise UsageError(message)
        root = store.add_root_account(
            connection,
            database.msp,
            connection_id,
            vendor.name,
            complete[vendor.root],
            name,
            is_tenant=vendor.root_is_tenant,
        )
        store.recheck_account(connection, root, new_traceparent())
    return connection_id
