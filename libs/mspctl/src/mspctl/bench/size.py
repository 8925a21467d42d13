"""How much is measured: all of it, or little enough to end within three minutes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """`rounds` of ours and the baseline in turn.

    `users`: of the one large directory, in each round another. `changes`: single changes followed to their findings.
    `clients`: of the mixed estate, read `estates` times. `people`: of the estate whose links are kept, with four edges each.
    `jobs`: due ones to claim; `noops`: the baseline's. `variants`: of budget_use, where not all are measured.
    """

    rounds: int
    users: int
    changes: int
    clients: int
    estates: int
    people: int
    jobs: int
    noops: int
    variants: tuple[str, ...] = ()


FULL = Size(rounds=3, users=100_000, changes=40, clients=200, estates=3, people=50_000, jobs=20_000, noops=3_000)
QUICK = Size(
    rounds=3,
    users=3_000,
    changes=8,
    clients=3,
    estates=1,
    people=10_000,
    jobs=2_000,
    noops=500,
    variants=("m365.2",),
)
