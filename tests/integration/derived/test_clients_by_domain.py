"""Records of an account nobody mapped come to the client that verified their domain, whatever arrives first."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
import pytest
from tests.integration.pipeline import Pipeline

from mspbyte_common import ids
from mspctl.cli import invoke

UNMAPPED = "unmapped"


class World:
    """An MSP whose client ACME has a directory, and a second directory that nobody mapped."""

    def __init__(self, pipeline: Pipeline, capsys: Any) -> None:
        self.pipeline, self._capsys = pipeline, capsys
        self.psa = pipeline.account("autotask", "psa")
        self.acme, self.other = (ids.client_id(self.psa, company) for company in ("1", "2"))
        self.directory = pipeline.account("m365", "acme", client_id=self.acme)
        self.stray = pipeline.account("m365", UNMAPPED)

    def companies(self) -> None:
        """Both clients, as the PSA has them."""
        rows = [{"id": number, "companyName": f"Company {number}"} for number in (1, 2)]
        self.pipeline.put(self.psa, "autotask", "Companies", "company", *rows)

    def domain(self, account: UUID, name: str, *, verified: bool = True) -> UUID:
        """A domain of a directory."""
        [entity] = self.pipeline.put(account, "m365", "domains", "domain", {"id": name, "isVerified": verified})
        return entity

    def user(self, upn: str, account: UUID | None = None) -> UUID:
        """A user, of the directory that nobody mapped unless said otherwise."""
        row = {"id": upn, "displayName": "Ann", "userPrincipalName": upn, "mail": upn, "userType": "Member"}
        [entity] = self.pipeline.put(account or self.stray, "m365", "users", "identity", row)
        return entity

    def client_of(self, entity: UUID) -> UUID | None:
        """The client of a record."""
        [(client,)] = self.pipeline.database.execute("SELECT client_id FROM entity WHERE id = %s", entity)
        return client

    def ctl(self, *arguments: str) -> Any:
        """A command of the operator."""
        self._capsys.readouterr()
        assert invoke([*arguments, "--json"]) == 0
        return orjson.loads(self._capsys.readouterr().out)


@pytest.fixture
async def world(pipeline: Pipeline, monkeypatch, capsys) -> World:
    """Both clients are known, nothing else is."""
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", pipeline.database.url("mspctl"))
    held = World(pipeline, capsys)
    held.companies()
    await pipeline.drain()
    return held


@pytest.mark.parametrize("order", [("domain", "user"), ("user", "domain")])
async def test_the_client_is_the_one_that_verified_the_domain_and_the_record_says_so(
    world: World, order: tuple[str, ...]
) -> None:
    user = ids.entity_id(world.stray, "users", "ann@mail.acme.de")
    for thing in order:
        world.domain(world.directory, "acme.de") if thing == "domain" else world.user("ann@mail.acme.de")
        await world.pipeline.drain()
    near, shared = world.user("ann@notacme.de"), world.user("ann@acme.onmicrosoft.com")
    world.domain(world.directory, "acme.onmicrosoft.com")
    await world.pipeline.drain()
    assert [world.client_of(one) for one in (user, near, shared)] == [world.acme, None, None]
    shown = world.ctl("entity", "show", str(user))
    assert shown["client_by"] == "the verified domain acme.de"
    assert shown["repairs"] == [
        {
            "rule": "client_verified_domain",
            "version": 1,
            "field": "client_id",
            "before": None,
            "after": str(world.acme),
            "by": "acme.de",
        }
    ]


async def test_the_end_of_a_verification_ends_what_hung_on_it_and_nothing_else_is_looked_at(world: World) -> None:
    domain, user, bystander = (
        world.domain(world.directory, "acme.de"),
        world.user("ann@acme.de"),
        world.user("bob@b.example"),
    )
    await world.pipeline.drain()
    assert world.client_of(user) == world.acme
    world.pipeline.done.clear()
    world.domain(world.directory, "acme.de", verified=False)
    await world.pipeline.drain()
    assert world.client_of(user) is None
    assert bystander not in {entity for _, entities in world.pipeline.done for entity in entities}
    world.domain(world.directory, "acme.de")
    await world.pipeline.drain()
    assert world.client_of(user) == world.acme
    world.pipeline.delete("domain", world.directory, domain)
    await world.pipeline.drain()
    assert world.client_of(user) is None
    changes = world.ctl("entity", "history", str(user))
    assert [(one["before"], one["after"]) for one in changes if one["path"] == "client_id"] == [
        (str(world.acme), None),
        (None, str(world.acme)),
        (str(world.acme), None),
    ]


async def test_two_clients_that_verified_one_domain_leave_it_open_and_visible(world: World) -> None:
    user = world.user("ann@acme.de")
    world.domain(world.directory, "acme.de")
    second = world.domain(world.pipeline.account("m365", "other", client_id=world.other), "acme.de")
    await world.pipeline.drain()
    assert world.client_of(user) is None
    [issue] = world.ctl("quality", "list")
    assert (issue["rule"], issue["example"]) == ("client_verified_domain", "acme.de: verified by 2 clients")
    world.pipeline.delete(
        "domain", ids.account_id(ids.connection_id(world.pipeline.msp, "m365", "m365"), "other"), second
    )
    await world.pipeline.drain()
    assert world.client_of(user) == world.acme
    assert world.ctl("quality", "list") == []


async def test_mapping_and_excluding_accounts_wins_over_domains_and_moves_what_hangs_on_them(world: World) -> None:
    user, own = world.user("ann@acme.de"), world.domain(world.stray, "acme.de")
    proof = world.domain(world.directory, "acme.de")
    await world.pipeline.drain()
    assert [world.client_of(one) for one in (user, own)] == [world.acme, world.acme]

    world.ctl("account", "exclude", str(world.directory))
    await world.pipeline.drain()
    assert [world.client_of(one) for one in (user, own, proof)] == [None, None, None]
    world.ctl("account", "map", str(world.directory), str(world.other))
    await world.pipeline.drain()
    assert [world.client_of(one) for one in (user, own, proof)] == [world.other, world.other, world.other]
    world.pipeline.done.clear()
    world.ctl("account", "map", str(world.stray), str(world.acme))
    await world.pipeline.drain()
    assert [entities for stage, entities in world.pipeline.done if stage == "resolve" and user in entities] == [[user]]
    assert [world.client_of(one) for one in (user, own, proof)] == [world.acme, world.acme, world.other]
    assert world.ctl("entity", "show", str(user))["client_by"] == "the account's mapping"
    world.ctl("account", "exclude", str(world.stray))
    await world.pipeline.drain()
    assert [world.client_of(one) for one in (user, own)] == [None, None]


async def test_agents_people_and_devices_follow_their_addresses_where_no_company_tells(world: World) -> None:
    contact = {"id": 2, "firstName": "Bob", "lastName": "B", "emailAddress": "b@acme.de", "isActive": 1, "companyID": 2}
    [with_company] = world.pipeline.put(world.psa, "autotask", "Contacts", "contact", contact)
    person = {"id": "6f9619ff-8b86-d011-b42d-00c04fc964ff", "name": "Ann", "email": "ann@acme.de"}
    agents = world.pipeline.account("sophos", "agents")
    [synced] = world.pipeline.put(agents, "sophos", "directoryUsers", "identity", person)
    machine = {
        "id": "6f9619ff-8b86-d011-b42d-00c04fc964aa",
        "deviceName": "PC-1",
        "operatingSystem": "Windows",
        "userPrincipalName": "Ann@acme.de",
    }
    [device] = world.pipeline.put(world.stray, "m365", "managedDevices", "device", machine)
    world.domain(world.directory, "acme.de")
    await world.pipeline.drain()
    assert [world.client_of(one) for one in (synced, with_company, device)] == [world.acme, world.other, world.acme]
    assert world.ctl("entity", "show", str(with_company))["client_by"] == "the company 2"
