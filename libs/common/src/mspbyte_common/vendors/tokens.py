"""Access tokens: minted once for all who wait, renewed before they end."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field

from mspbyte_common.errors import SchemaDrift
from mspbyte_common.fault_points import reach
from mspbyte_common.vendors.transport import Answer

EARLY_SECONDS = 300.0
"""A token this near to its end is renewed before it is used."""


@dataclass(frozen=True)
class Token:
    """A bearer token and how many seconds it was issued for."""

    value: str = field(repr=False)
    seconds: float


def token_of(answer: Answer) -> Token:
    """The token in a token endpoint's successful answer."""
    body = answer.json()
    try:
        return Token(str(body["access_token"]), float(body["expires_in"]))
    except (KeyError, TypeError, ValueError):
        message = "the token endpoint's answer has no access_token and expires_in"
        raise SchemaDrift(message) from None


class TokenCache:
    """Tokens by key. Of many who ask at once, one mints and the others wait for it."""

    def __init__(self) -> None:
        self._tokens: dict[Hashable, tuple[str, float]] = {}
        self._locks: defaultdict[Hashable, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, key: Hashable, mint: Callable[[], Awaitable[Token]]) -> str:
        """A token that is good for a while."""
        async with self._locks[key]:
            held = self._tokens.get(key)
            if held is not None and held[1] > time.monotonic():
                return held[0]
            token = await mint()
            reach("adapter.token.minted")
            self._tokens[key] = (token.value, time.monotonic() + max(token.seconds - EARLY_SECONDS, token.seconds / 2))
            return token.value

    def refused(self, key: Hashable, value: str) -> None:
        """Forgets a token that the vendor no longer accepts, unless another has taken its place."""
        held = self._tokens.get(key)
        if held is not None and held[0] == value:
            del self._tokens[key]
