"""Actions at a vendor: by the adapter's credential, within its budget, and nothing while the account is stopped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from mspbyte_common.db.engine import transaction
from mspbyte_common.effects.effect import Effect, Kind, Manner, Result
from mspbyte_common.errors import CredentialInvalid, Parking, RequestInvalid
from mspbyte_common.ledger.item import Next
from mspbyte_common.ledger.store import insert_work
from mspbyte_common.service import Service
from mspbyte_common.vendors.accounts import store as accounts
from mspbyte_common.vendors.endpoint import Ask
from mspbyte_common.vendors.session import Sender, Session, Target, asker


@dataclass(frozen=True)
class Writes:
    """What an adapter does at its vendor besides reading: the actions of one stage.

    `resource`: the list whose limits these requests share. `hands`: how many actions one process has in hand.
    """

    stage: str
    resource: str
    perform: Mapping[Kind, Callable[[Ask, Effect], Awaitable[Result]]]
    manner: Manner
    hands: int = 2


@dataclass(frozen=True)
class Writer:
    """Carries actions out at one vendor. `target` reads an account, `sender` is the way there, `connect` signs in."""

    service: Service
    writes: Writes
    target: Callable[[UUID, UUID], Awaitable[Target]]
    sender: Callable[[Target, str], Sender]
    connect: Callable[[Sender, Target], Awaitable[Session]]

    async def perform(self, effect: Effect) -> Result:
        """Carries one out; what stops the account stops it for its runs too."""
        account = effect.account_id
        if account is None or effect.kind not in self.writes.perform:
            raise RequestInvalid(f"no account, or nothing this adapter does: {effect.kind}")
        async with transaction(self.service.pool, effect.msp_id) as connection:
            stopped = await accounts.stopped(connection, account)
        if stopped is not None:
            raise CredentialInvalid(f"the account is stopped: {stopped}")
        try:
            target = await self.target(effect.msp_id, account)
            sender = replace(self.sender(target, self.writes.resource), until=effect.until)
            async with sender.budget.heeding(sender.owner):
                ask = asker(sender, await self.connect(sender, target))
                return await self.writes.perform[effect.kind](ask, effect)
        except Parking as error:
            await self._park(effect, account, error)
            raise

    async def _park(self, effect: Effect, account: UUID, error: Parking) -> None:
        async with transaction(self.service.pool, effect.msp_id) as connection:
            parked = await accounts.park(
                connection,
                account,
                error.error_class,
                f"{error}. {error.advice}",
                whole_connection=isinstance(error, CredentialInvalid),
            )
            following = [Next("evaluate", "account", account, parked)] if parked else []
            announce = await insert_work(connection, effect.msp_id, None, effect.traceparent, following)
        await self.service.announcer.work(announce)
