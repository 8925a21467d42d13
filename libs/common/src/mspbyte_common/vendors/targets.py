"""An account with its connection and its credential, decrypted."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from mspbyte_common import secrets
from mspbyte_common.db.engine import Pool, transaction
from mspbyte_common.errors import KeyMissing, UsageError
from mspbyte_common.key_ring import KeyRing
from mspbyte_common.redaction import remember
from mspbyte_common.vendors.accounts import store as accounts
from mspbyte_common.vendors.session import Target


async def target_of(pool: Pool, key_ring: Callable[[], KeyRing], vendor: str, msp_id: UUID, account_id: UUID) -> Target:
    """What an adapter is told of an account; KeyMissing when this process's key file does not open the credential."""
    async with transaction(pool, msp_id) as connection:
        facts = await accounts.facts(connection, account_id)
    try:
        key = secrets.unwrap(key_ring(), facts.kek_id, facts.wrapped_key, msp_id, facts.key_version)
        secret = secrets.decrypt(key, facts.secret, msp_id, vendor, facts.connection_id, facts.key_version)
    except UsageError as error:
        raise KeyMissing(str(error)) from None
    remember({f"secret {name}": value for name, value in secret.items()})
    return Target(
        msp_id,
        facts.connection_id,
        account_id,
        facts.account_external_id,
        facts.account_settings,
        facts.connection_settings,
        secret,
    )
