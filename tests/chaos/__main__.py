"""`make chaos`: a fleet is struck again and again, and must come to what it comes to undisturbed."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from tests.chaos.proxy import wire
from tests.chaos.state import Difference, Rows, difference
from tests.chaos.strikes import EACH_ONCE, STRIKES, Ground, Strike, service_paused
from tests.chaos.upgrade import downgrade, upgrade
from tests.chaos.world import World, running

from mspbyte_common.fault_points import POINTS
from mspctl.embedded.postgres import DATABASE

REPORT = Path("var/chaos/report.json")
POISONS = {
    *(f"ledger.{one}" for one in ("attempt.failed", "work.postponed", "work.split", "work.buried", "start.counted")),
    *("adapter.lease.renewed", "scheduler.losses.marked"),
}
"""Points that are reached only where a record's work fails, a vendor answers late or the broker forgets."""


@dataclass(frozen=True)
class Options:
    """What was asked for. `strikes` a round, `gap` seconds between two; rounds until `seconds` are over, at least one."""

    seed: int
    clients: int
    replicas: int
    strikes: int
    gap: float
    seconds: float
    points: Sequence[str] = ()
    only: Sequence[str] = ()
    brief: bool = False
    previous: Path | None = None


@dataclass
class Told:
    """What became of it."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    unreached: list[str] = field(default_factory=list)
    rounds: int = 0
    seconds_to_converge: float = 0.0
    seconds_from_return: dict[str, float] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)
    duplicated: Counter[str] = field(default_factory=Counter)
    differing_rows: Counter[str] = field(default_factory=Counter)
    dead_letters: int = 0

    def add(self, found: Difference, dead_letters: int, seconds: float) -> None:
        """What one round came to, so many seconds after its last fault."""
        self.rounds += 1
        self.lost.update(found.lost)
        self.duplicated.update(found.duplicated)
        self.differing_rows.update(found.differing_rows)
        self.dead_letters += dead_letters
        self.seconds_to_converge = max(self.seconds_to_converge, round(seconds, 1))

    def returned(self, moments: Sequence[tuple[str, float]], rests: Sequence[float]) -> None:
        """The longest between a server's return after it was struck and the next moment when nothing was left to do."""
        for kind, moment in moments:
            seconds = round(min(rest for rest in rests if rest > moment) - moment, 1)
            self.seconds_from_return[kind] = max(self.seconds_from_return.get(kind, 0.0), seconds)

    def report(self) -> dict[str, Any]:
        """The report: totals, and by table what is not as it should be."""
        return {
            "seed": self.seed,
            "rounds": self.rounds,
            "faults": dict(sorted(self.faults.items())),
            "seconds_to_converge": self.seconds_to_converge,
            "seconds_from_return": dict(sorted(self.seconds_from_return.items())),
            "lost": self.lost.total(),
            "duplicated": self.duplicated.total(),
            "differing_rows": self.differing_rows.total(),
            "dead_letters": self.dead_letters,
            "unreached_points": self.unreached,
            "tables": {
                name: dict(counted)
                for name in ("lost", "duplicated", "differing_rows")
                if (counted := getattr(self, name))
            },
        }

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled, otherwise or left over."""
        return not (self.lost or self.duplicated or self.differing_rows or self.dead_letters or self.unreached)


LIVES, PAUSED = 5.0, 30.0
"""Seconds after which an attempt at a simulator is over, in a fleet that is not paused, and in one that is for 17 seconds."""
WAVE = 10
"""Points that one play dies at: with more of them the first run would be given up before it had its first page."""


async def chaos(options: Options, directory: Path) -> Told:
    """One undisturbed play, then plays that die at fault points, then struck ones; each compared with the first."""
    told = Told(options.seed)
    dice = random.Random(options.seed)
    ends = time.monotonic() + options.seconds
    async with running(directory / "fleet", clients=options.clients, replicas=options.replicas) as world:
        world.brief = options.brief
        began = time.monotonic()
        await world.begin_anew()
        await world.play()
        await world.act(LIVES)
        right = world.state()
        _say(f"undisturbed: {sum(len(rows) for rows in right.values())} rows in {time.monotonic() - began:.0f} s")
        for number in range(0, len(options.points), WAVE):
            await _each_point(world, options.points[number : number + WAVE], directory / "witness", told, right)
        if options.previous is not None:
            await _upgraded(world, options.previous, told, right)
        async with _wired(world, dice) as ground:
            while options.strikes:
                await _round(ground, options, told, right)
                if time.monotonic() > ends:
                    break
    return told


def in_waves(points: Iterable[str]) -> tuple[str, ...]:
    """First those that are seldom reached, then the others, so that a wave takes from every part of the walk."""
    return tuple(sorted(points, key=lambda label: (label not in POISONS, label.rpartition(".")[::-1])))


async def _each_point(world: World, points: Sequence[str], witness: Path, told: Told, right: Rows) -> None:
    began = time.monotonic()
    world.poison = not POISONS.isdisjoint(points)
    await world.begin_anew()
    world.arm(points, witness)
    await world.play()
    await world.act(LIVES)
    died = _died(witness) & set(points)
    told.unreached += sorted(set(points) - died)
    told.faults["fault_point"] += len(died)
    found = difference(right, world.state())
    told.add(found, world.dead_letters(), 0.0)
    seconds = time.monotonic() - began
    _say(f"{len(died)} of {len(points)} fault points had their death in {seconds:.0f} s; {found}")


async def _upgraded(world: World, previous: Path, told: Told, right: Rows) -> None:
    world.poison = False
    await world.begin_anew()
    await downgrade(world, previous)
    await world.play(partial(upgrade, world))
    await world.sync_again()
    await world.settle()
    await world.act(LIVES)
    told.faults["upgraded"] += 1
    found = difference(right, world.state())
    told.add(found, world.dead_letters(), 0.0)
    _say(f"upgraded under load; {found}")


def _died(witness: Path) -> set[str]:
    return {file.name for file in witness.iterdir()}


@asynccontextmanager
async def _wired(world: World, dice: random.Random) -> AsyncIterator[Ground]:
    """Every service hangs on wires of ours."""
    home = world.fleet.home
    async with wire(home.port_of("postgres")) as database, wire(home.port_of("nats")) as broker:
        for name in world.services:
            role = world.keeper(name).program.argv[-1]
            world.restart(
                name,
                {
                    "MSPBYTE_DATABASE_URL": f"postgresql://{role}@127.0.0.1:{database.port}/{DATABASE}",
                    "MSPBYTE_FAULT_POINTS": "",
                    "MSPBYTE_NATS_URL": f"nats://127.0.0.1:{broker.port}",
                },
            )
        yield Ground(world, database, broker, dice)


async def _round(ground: Ground, options: Options, told: Told, right: Rows) -> None:
    """The play, struck all the while; when the strikes are over every list is read once more, in peace."""
    world = ground.world
    world.poison = False
    await world.begin_anew()
    drawn = _drawn(ground.dice, options)
    syncing, acting = drawn[: len(drawn) * 3 // 4], drawn[len(drawn) * 3 // 4 :]
    playing = asyncio.create_task(world.play())
    await _strike(ground, syncing, options.gap, told)
    struck = time.monotonic()
    await playing
    await world.sync_again()
    await world.settle()
    seconds = time.monotonic() - struck
    playing = asyncio.create_task(world.act(PAUSED if service_paused in drawn else LIVES))
    await _strike(ground, acting, options.gap, told)
    struck = time.monotonic()
    await playing
    told.returned(ground.returned, world.rests)
    found = difference(right, world.state())
    told.add(found, world.dead_letters(), max(seconds, time.monotonic() - struck))
    _say(f"round {told.rounds}: {sum(told.faults.values())} faults; {found}")


def _drawn(dice: random.Random, options: Options) -> list[Strike]:
    """Each kind once, the others by weight."""
    kinds = [kind for kind in EACH_ONCE if not options.only or kind.__name__ in options.only]
    drawn = dice.sample(kinds, len(kinds))
    drawn += dice.choices(kinds, [STRIKES[kind] for kind in kinds], k=max(0, options.strikes - len(kinds)))
    return drawn[: options.strikes]


async def _strike(ground: Ground, drawn: Sequence[Strike], gap: float, told: Told) -> None:
    """One after the other; a strike that lasts does not hold up the next."""
    lasting: set[asyncio.Future[None]] = set()
    for kind in drawn:
        lasting.add(_begin(kind, ground))
        told.faults[kind.__name__] += 1
        await asyncio.sleep(ground.dice.uniform(0.5, 1.5) * gap)
    await asyncio.gather(*lasting)


def _begin(kind: Strike, ground: Ground) -> asyncio.Future[None]:
    return asyncio.ensure_future(kind(ground))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main() -> int:
    """Exit code 1 unless everything came to the same."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument(
        "--hours", type=float, default=0.0, help="as many rounds as begin within it; one when not given"
    )
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="which strikes, and when")
    parser.add_argument("--strikes", type=int, default=40, help="strikes a round")
    parser.add_argument("--gap", type=float, default=1.5, help="seconds between two strikes, about")
    parser.add_argument("--clients", type=int, default=2, help="the size of the estate")
    parser.add_argument("--replicas", type=int, default=1, help="processes of each service")
    parser.add_argument("--only", nargs="*", default=(), help="kinds of strikes")
    parser.add_argument("--points", nargs="*", default=POINTS, help="fault points; none after it: without them")
    parser.add_argument("--previous", type=Path, help="a checkout of the release before, installed: it is upgraded")
    parser.add_argument("--brief", action="store_true", help="without a second sync")
    asked = parser.parse_args()
    unknown = sorted(set(asked.points) - POINTS.keys())
    if unknown:
        parser.error(f"there are no fault points {', '.join(unknown)}; docs/fault-points.md has them all")
    options = Options(
        asked.seed,
        asked.clients,
        asked.replicas,
        asked.strikes,
        asked.gap,
        asked.hours * 3_600,
        in_waves(asked.points),
        asked.only,
        asked.brief,
        asked.previous,
    )
    _say(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="mspbyte-", ignore_cleanup_errors=True) as name:
        told = asyncio.run(chaos(options, Path(name)))
    report = orjson.dumps(told.report(), option=orjson.OPT_INDENT_2)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_bytes(report + b"\n")
    sys.stdout.write(f"{report.decode()}\n")
    return 0 if told.clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
