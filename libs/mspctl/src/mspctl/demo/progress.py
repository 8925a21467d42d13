"""How far a sync is, drawn."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

from mspbyte_common.jetstream.topology import VENDORS, WALK

LINE_SECONDS = 5.0


@dataclass(frozen=True)
class VendorProgress:
    """What was read from one vendor."""

    jobs: int = 0
    done: int = 0
    scheduled: int = 0
    open: int = 0
    records: int = 0
    pages: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Snapshot:
    """One look at the whole: vendors, stages, and what else must end."""

    vendors: dict[str, VendorProgress]
    done: dict[str, int]
    waiting: dict[str, int]
    rechecks: int
    unmapped: int
    dead_letters: int
    taken_at: float = field(default_factory=time.monotonic)

    def waits_for(self) -> list[str]:
        """What is still to be done, in words; empty when all is done."""
        reasons = []
        for vendor in VENDORS:
            progress = self.vendors.get(vendor)
            if progress is None or not progress.jobs:
                reasons.append(f"{vendor} has no jobs yet")
            elif progress.done < progress.jobs or progress.open:
                reasons.append(f"{vendor} {progress.jobs - progress.done} of {progress.jobs} runs")
        reasons += [f"{stage} {count} entities" for stage, count in self.waiting.items() if count]
        if self.unmapped:
            reasons.append(f"{self.unmapped} accounts to be discovered and mapped")
        if self.rechecks:
            reasons.append(f"{self.rechecks} rechecks due")
        return reasons


class Bars:
    """Live bars on a terminal; elsewhere a line every few seconds on standard error."""

    def __init__(self, console: Console, *, live: bool) -> None:
        self._vendors = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<10}"),
            BarColumn(30),
            TextColumn("{task.fields[note]}"),
            console=console,
        )
        self._stages = Progress(
            TextColumn("  {task.description:<10}"), BarColumn(30), TextColumn("{task.fields[note]}"), console=console
        )
        self._tasks: dict[str, TaskID] = {
            **{name: self._vendors.add_task(name, total=None, note="") for name in VENDORS},
            **{name: self._stages.add_task(name, total=None, note="") for name in WALK},
        }
        self._live = Live(Group(self._vendors, self._stages), console=console, transient=False) if live else None
        self._started = time.monotonic()
        self._said = self._started - LINE_SECONDS

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, snapshot: Snapshot) -> None:
        """Draws the snapshot."""
        if self._live is None:
            self._say(snapshot)
            return
        for name in VENDORS:
            vendor = snapshot.vendors.get(name, VendorProgress())
            note = f"{vendor.done}/{vendor.jobs} runs  {vendor.records:,} records  {vendor.pages:,} pages"
            if vendor.failed:
                note += f"  [red]{vendor.failed} failed[/red]"
            self._vendors.update(self._tasks[name], total=vendor.jobs or None, completed=vendor.done, note=note)
        for name in WALK:
            done, waiting = snapshot.done.get(name, 0), snapshot.waiting.get(name, 0)
            self._stages.update(
                self._tasks[name],
                total=max(1, done + waiting),
                completed=done,
                note=f"{done:,} done  {waiting:,} waiting",
            )

    def _say(self, snapshot: Snapshot) -> None:
        if snapshot.taken_at - self._said < LINE_SECONDS:
            return
        self._said = snapshot.taken_at
        vendors = ", ".join(
            f"{name} {vendor.done}/{vendor.jobs} runs {vendor.records} records"
            for name, vendor in snapshot.vendors.items()
        )
        waiting = sum(snapshot.waiting.values())
        seconds = snapshot.taken_at - self._started
        sys.stderr.write(f"{seconds:4.0f} s  {vendors or 'waiting for the first runs'}, {waiting} entities waiting\n")
        sys.stderr.flush()
