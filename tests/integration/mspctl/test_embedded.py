"""The embedded servers survive what happens to them, and nothing survives their supervisor."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import sys
import time
from pathlib import Path

import nats
import nats.errors
import psycopg
import pytest

from mspbyte_common.db.roles import ROLES
from mspbyte_common.errors import UsageError
from mspbyte_common.jetstream.connect import open_nats
from mspctl.embedded import Fleet, broker, embedded_servers
from mspctl.target import of_fleet

pytestmark = pytest.mark.e2e

ALONE = """
import asyncio, sys
from pathlib import Path
from mspctl.embedded import Fleet
async def main():
    async with Fleet(Path(sys.argv[1]), services=()) as fleet:
        print(*(program["pid"] for program in fleet.addresses()["programs"].values()), flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


async def answers(ask, seconds: float = 15.0) -> float:
    """Seconds until `ask` is answered with something true."""
    started = time.monotonic()
    async with asyncio.timeout(seconds):
        while True:
            try:
                if await ask():
                    return time.monotonic() - started
            except (OSError, psycopg.Error, nats.errors.Error, nats.js.errors.Error, TimeoutError):
                pass
            await asyncio.sleep(0.1)


def running(pid: int) -> bool:
    """Whether the process runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_every_role_logs_in_with_its_password_and_no_other(ground):
    async with embedded_servers(ground / "servers") as servers:
        for role in ROLES:
            with psycopg.connect(servers.role_url(role.name)) as connection:
                assert connection.execute("SELECT current_user").fetchone() == (role.name,)
        wrong = servers.role_url("mspctl").replace("mspctl:", "svc_scheduler:")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(wrong)


async def test_what_was_written_is_there_after_a_restart(ground):
    async with embedded_servers(ground / "servers") as servers:
        before = servers.database_admin_url
        with psycopg.connect(before) as connection:
            connection.execute("INSERT INTO msp (id, name) VALUES (gen_random_uuid(), 'kept')")
    async with embedded_servers(ground / "servers") as servers:
        assert servers.database_admin_url == before
        with psycopg.connect(before) as connection:
            assert connection.execute("SELECT name FROM msp").fetchall() == [("kept",)]


async def test_a_service_may_pull_its_consumer_and_nothing_more(ground):
    async with embedded_servers(ground / "servers") as servers, servers.connect() as bootstrap:
        await bootstrap.jetstream().publish("stage.link.device", b"work")
        user = "svc_linkers"
        async with open_nats(servers.nats_url, "svc-linkers", credentials=servers.nats_credentials(user)) as client:
            js = client.jetstream(timeout=1)
            subscription = await js.pull_subscribe_bind(consumer="link", stream="STAGES")
            (message,) = await subscription.fetch(1, timeout=2)
            await message.ack_sync(timeout=2)
            await subscription.unsubscribe()
            with pytest.raises((nats.errors.Error, TimeoutError)):
                await js.delete_stream("STAGES")
            await client.publish("jobs.m365.users", b"not mine to say")
            await client.flush()
        info = await bootstrap.jetstream().stream_info("JOBS")
        assert info.state.messages == 0


@pytest.mark.parametrize("lost", ["jetstream", "jetstream/jetstream/$G/streams/STAGES"])
async def test_a_deleted_jetstream_directory_is_declared_anew_within_seconds(ground, lost):
    async with embedded_servers(ground / "servers") as servers, servers.connect() as client:
        shutil.rmtree(ground / "servers" / lost)
        keeper = servers.supervisor.keepers["nats"]
        js = client.jetstream(timeout=1)

        async def whole():
            return keeper.restarts and await broker.complete(js) and await js.publish("stage.link.device", b"")

        assert await answers(whole) < 10


@pytest.mark.skipif(sys.platform != "linux", reason="sets another process's limit")
async def test_a_broker_whose_disk_was_full_takes_messages_again_when_it_has_room(ground):
    async with embedded_servers(ground / "servers") as servers, servers.connect() as client:
        js = client.jetstream(timeout=0.5)
        await js.publish("stage.link.device", b"kept")
        pid = servers.supervisor.keepers["nats"].pid
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
        with pytest.raises(nats.errors.TimeoutError):
            await js.publish("stage.link.device", b"no room")
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))

        assert await answers(lambda: js.publish("stage.link.device", b"room")) < 20
        assert (await js.stream_info("STAGES")).state.messages >= 2


@pytest.mark.parametrize("name", ["postgres", "nats"])
async def test_a_killed_server_comes_back_with_what_it_had(ground, name):
    async with embedded_servers(ground / "servers") as servers, servers.connect() as client:
        os.kill(servers.supervisor.keepers[name].pid, signal.SIGKILL)

        async def whole():
            with psycopg.connect(servers.role_url("mspctl"), connect_timeout=1) as connection:
                connection.execute("SELECT count(*) FROM job")
            return servers.supervisor.keepers[name].restarts and await broker.complete(client.jetstream(timeout=1))

        assert await answers(whole) < 10


async def test_a_deleted_stream_is_declared_anew(ground):
    async with embedded_servers(ground / "servers") as servers, servers.connect() as client:
        js = client.jetstream(timeout=1)
        await js.delete_stream("STAGES")
        assert await answers(lambda: broker.complete(js)) < 5


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux ends children with their parent")
async def test_killing_the_supervisor_leaves_no_process_and_a_directory_that_works(ground):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ALONE, str(ground / "fleet"), stdout=asyncio.subprocess.PIPE
    )
    pids = [int(pid) for pid in (await process.stdout.readline()).split()]
    assert len(pids) == 2
    process.kill()
    await process.wait()

    async def gone():
        return not any(running(pid) for pid in pids)

    assert await answers(gone) < 10
    async with Fleet(ground / "fleet", services=()) as fleet:
        with psycopg.connect(of_fleet(fleet.directory).database_url) as connection:
            assert connection.execute("SELECT count(*) FROM job").fetchone() == (0,)


async def test_a_fleet_that_runs_already_is_said_in_one_line(ground):
    async with Fleet(ground / "fleet", services=()):
        with pytest.raises(UsageError, match=f"already runs in .* \\(process {os.getpid()}\\)"):
            async with Fleet(ground / "fleet", services=()):
                pass


async def test_a_stopped_fleet_leaves_no_address_behind(ground):
    async with Fleet(ground / "fleet", services=()) as fleet:
        assert fleet.home.fleet_file.exists()
    assert not fleet.home.fleet_file.exists()
    with pytest.raises(UsageError, match="no fleet runs"):
        of_fleet(ground / "fleet")
