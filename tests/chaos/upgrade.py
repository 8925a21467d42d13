"""The release before, and how a fleet of it is brought to this one under load."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from tests.chaos.world import CONNECTED_ANEW, World

from mspbyte_common.db.bootstrap import apply_roles, migrate
from mspbyte_common.db.roles import ROLES

MIGRATE = """
import sys
from mspbyte_common.db.bootstrap import apply_roles, migrate
from mspbyte_common.db.roles import ROLES
migrate(sys.argv[1])
apply_roles(sys.argv[1], dict(line.split(" ", 1) for line in sys.stdin.read().splitlines()))
"""
IN_PUBLIC = "?options=-csearch_path%3Dpublic"
"""Tables are not made where the functions of the clock are, which come first elsewhere."""
BEGUN = 12
"""So many pages are stored when the schema changes under the release before."""


def python_of(checkout: Path) -> str:
    """The interpreter of a checkout where `make install` has run."""
    return str(checkout / ".venv" / "bin" / "python")


async def downgrade(world: World, checkout: Path) -> None:
    """An empty schema of the release before, and its services on it."""
    for name in world.services:
        world.run_with(name, python_of(checkout))
    await world.asked(f"{CONNECTED_ANEW}; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    passwords = "\n".join(f"{role.name} {world.fleet.home.password(role.name)}" for role in ROLES)
    command = [python_of(checkout), "-c", MIGRATE, world.fleet.servers.database_admin_url + IN_PUBLIC]
    await asyncio.to_thread(subprocess.run, command, input=passwords, text=True, check=True, capture_output=True)
    for name in world.services:
        world.kill(name)


async def upgrade(world: World) -> None:
    """This release's schema as soon as some pages are in, while the one before works on; then service after service."""
    while (await world.asked("SELECT count(*) FROM page"))[0][0] < BEGUN:
        await asyncio.sleep(0.1)
    url = world.fleet.servers.database_admin_url + IN_PUBLIC
    await asyncio.to_thread(migrate, url)
    await asyncio.to_thread(apply_roles, url, {role.name: world.fleet.home.password(role.name) for role in ROLES})
    await asyncio.sleep(2.0)
    for name in world.services:
        world.run_with(name, sys.executable)
        await world.roll(name)
