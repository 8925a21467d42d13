"""Who may be in hand beside whom, within one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Alone:
    """Work of one process is done side by side, but for what is suspected of ending its process: that is done alone.

    Whatever else was in hand when a process died was started without an end as well. Tried alone, what does no harm is
    done, and only what does dies again. Work that comes while a suspect waits stands behind it.
    """

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._in_hand = 0
        self._suspects = 0
        self._alone = False

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """Side by side with others, while nothing is or wants to be done alone."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._suspects)
            self._in_hand += 1
        try:
            yield
        finally:
            async with self._changed:
                self._in_hand -= 1
                self._changed.notify_all()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """When all that is in hand has ended, and no other suspect is."""
        async with self._changed:
            self._suspects += 1
            try:
                await self._changed.wait_for(lambda: not self._in_hand and not self._alone)
            except BaseException:
                self._suspects -= 1
                self._changed.notify_all()
                raise
            self._alone = True
        try:
            yield
        finally:
            async with self._changed:
                self._suspects -= 1
                self._alone = False
                self._changed.notify_all()
