"""Edges are what the keys say: in any order of arrival, no longer than their reason, never between clients by a weak key."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from mspbyte_common.db.engine import transaction
from mspbyte_common.ledger.item import Item
from svc_linkers.link import REFERENCES, SAMENESS, link

CLIENT, OTHER = uuid4(), uuid4()


@dataclass
class Graph:
    """Entities by name, with the keys they have; links them as the stage does."""

    database: Any
    pool: Any
    msp: UUID = field(default_factory=uuid4)
    accounts: dict[str, UUID] = field(default_factory=dict)
    entities: dict[str, UUID] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, kind: str, resource: str, client: UUID | None, *keys: str, account: str = "a") -> None:
        """An entity whose keys are exactly these: 'type=value', or '>type=value' for what it refers to."""
        entity = self.entities.setdefault(name, uuid4())
        self.kinds[name] = kind
        self.database.execute(
            """
            INSERT INTO entity (id, msp_id, account_id, vendor, resource, kind, external_id, raw_data, semantic_hash,
                                volatile_hash, client_id) VALUES (%s, %s, %s, 'v', %s, %s, %s, '{}', '', '', %s)
            ON CONFLICT (id) DO UPDATE SET client_id = EXCLUDED.client_id
            """,
            entity,
            self.msp,
            self.accounts.setdefault(account, uuid4()),
            resource,
            kind,
            name,
            client,
        )
        self.database.execute("DELETE FROM entity_key WHERE entity_id = %s", entity)
        for key in keys:
            key_type, _, value = key.lstrip(">").partition("=")
            self.database.execute(
                """
                INSERT INTO entity_key (msp_id, entity_id, refers, key_type, key_value, kind, resource, account_id, client_id)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
                """,
                self.msp,
                entity,
                key.startswith(">"),
                key_type,
                value,
                kind,
                resource,
                self.accounts.setdefault(account, uuid4()),
                client,
            )

    async def link(self, *names: str) -> set[str]:
        """Links these, one batch a kind; returns the names of those to be judged."""
        judged: set[UUID] = set()
        for kind, group in itertools.groupby(sorted(names, key=self.kinds.__getitem__), self.kinds.__getitem__):
            ids = [self.entities[name] for name in group]
            item = Item(0, self.msp, None, None, "link", kind, ids, 0, "00-0-0-01")
            async with transaction(self.pool, self.msp) as connection:
                for following in await link(connection, item):
                    judged |= set(following.entity_ids)
        return {name for name, entity in self.entities.items() if entity in judged}

    def edges(self, relation: str | None = None, state: str = "active") -> set[tuple[str, str, str]]:
        """(relation, source, target) of the edges that hold; sameness in the order of names."""
        names = {entity: name for name, entity in self.entities.items()}
        rows = self.database.execute(
            "SELECT relation, source_id, target_id FROM entity_relationship WHERE valid_to IS NULL AND state = %s",
            state,
        )
        found = set()
        for kind, source, target in rows:
            pair = (names[source], names[target])
            found.add((kind, *(sorted(pair) if kind == "same_device" else pair)))
        return {edge for edge in found if relation in (None, edge[0])}


@pytest.fixture
async def graph(database) -> Graph:
    """An empty graph."""
    return Graph(database, await database.pool("svc_linkers"))


def test_the_rules_are_these() -> None:
    assert sorted(rule.id for rule in (*REFERENCES, *SAMENESS)) == [
        "alert_on",
        "alert_on_entra_device",
        "alert_on_m365_person",
        "alert_on_sophos_person",
        "applies_to",
        "applies_to_everyone",
        "applies_to_role",
        "belongs_to",
        "company_labelled",
        "contract_labelled",
        "contract_of",
        "excludes",
        "excludes_everyone",
        "excludes_role",
        "firewall_belongs_to",
        "holds",
        "licensed_with",
        "line_contract",
        "line_service",
        "line_units",
        "line_units_of_bundle",
        "member_of",
        "registration_of",
        "same_company_mapped",
        "same_device_entra_id",
        "same_device_firewall_serial",
        "same_device_host_name",
        "same_device_mac",
        "same_device_serial",
        "same_person_accounts_alias",
        "same_person_accounts_mail",
        "same_person_alias",
        "same_person_mail",
        "same_person_name",
        "same_person_phone_name",
        "same_person_upn",
        "sign_in_of",
        "ticket_about_company",
        "ticket_about_contact",
        "ticket_about_device",
        "ticket_assigned_to",
        "ticket_labelled",
        "used_by_contact",
        "used_by_object",
        "used_by_sophos_person",
        "used_by_upn",
        "works_for",
    ]


def test_no_rule_lets_a_weak_key_meet_outside_one_client() -> None:
    weak = {"host_name", "person_name", "phone", "email", "upn", "mail", "alias", "serial", "mac"}
    assert {rule.scope for rule in SAMENESS if rule.left_key in weak} == {"client"}


@pytest.mark.parametrize("order", list(itertools.permutations(["group", "user", "licence"])))
async def test_whatever_comes_first_the_edges_are_the_same(graph: Graph, order: tuple[str, ...]) -> None:
    for name in order:
        if name == "group":
            graph.put("group", "group", "groups", None, "m365_member_id=g", ">m365_member_id=u", ">m365_member_id=gone")
        if name == "user":
            graph.put("user", "identity", "users", None, "m365_member_id=u", ">m365_sku_id=s")
        if name == "licence":
            graph.put("licence", "licence", "subscribedSkus", None, "m365_sku_id=s")
        await graph.link(name)
    assert graph.edges() == {("member_of", "user", "group"), ("licensed_with", "user", "licence")}


async def test_a_reference_stays_within_its_account(graph: Graph) -> None:
    graph.put("user", "identity", "users", None, ">m365_sku_id=s", account="one")
    graph.put("licence", "licence", "subscribedSkus", None, "m365_sku_id=s", account="two")
    await graph.link("user", "licence")
    assert graph.edges() == set()


async def test_an_edge_ends_with_its_reason_keeps_its_dates_and_has_both_ends_judged(graph: Graph) -> None:
    graph.put("user", "identity", "users", None, ">m365_sku_id=s")
    graph.put("licence", "licence", "subscribedSkus", None, "m365_sku_id=s")
    assert await graph.link("user", "licence") == {"user", "licence"}
    graph.put("user", "identity", "users", None)
    assert await graph.link("user") == {"user", "licence"}
    assert graph.edges() == set()
    rows = graph.database.execute("SELECT rule, valid_to >= valid_from, evidence FROM entity_relationship")
    assert rows == [("licensed_with", True, {"left_key": "m365_sku_id", "right_key": "m365_sku_id", "value": "s"})]


async def test_linking_again_writes_nothing(graph: Graph) -> None:
    graph.put("a", "device", "managedDevices", CLIENT, "serial=S1", "host_name=pc")
    graph.put("b", "device", "endpoints", CLIENT, "serial=S1", "host_name=pc")
    await graph.link("a", "b")
    before = graph.database.execute("SELECT id, xmin FROM entity_relationship ORDER BY id")
    assert len(before) == 2
    await graph.link("a", "b")
    assert graph.database.execute("SELECT id, xmin FROM entity_relationship ORDER BY id") == before


async def test_two_clients_servers_of_one_name_are_two(graph: Graph) -> None:
    graph.put("one", "device", "endpoints", CLIENT, "host_name=dc01", "serial=S")
    graph.put("two", "device", "ConfigurationItems", OTHER, "host_name=dc01", "serial=S")
    graph.put("unmapped", "device", "managedDevices", None, "host_name=dc01", "serial=S")
    await graph.link("one", "two", "unmapped")
    assert graph.edges() == set()
    assert graph.edges(state="candidate") == set()


async def test_a_host_name_that_two_machines_have_only_suggests(graph: Graph) -> None:
    graph.put("intune", "device", "managedDevices", CLIENT, "host_name=pc")
    graph.put("sophos", "device", "endpoints", CLIENT, "host_name=pc")
    await graph.link("intune", "sophos")
    assert graph.edges() == {("same_device", "intune", "sophos")}
    graph.put("another", "device", "endpoints", CLIENT, "host_name=pc")
    assert await graph.link("another") == {
        "another",
        "sophos",
    }  # the first is joined to intune, which is judged with it
    assert graph.edges() == set()
    assert len(graph.edges(state="candidate")) == 2
    graph.put("another", "device", "endpoints", CLIENT, "host_name=renamed")
    await graph.link("another")
    assert graph.edges() == {("same_device", "intune", "sophos")}
    assert graph.edges(state="candidate") == set()


async def test_two_rows_of_one_serial_are_one_machine_set_up_anew(graph: Graph) -> None:
    graph.put("intune", "device", "managedDevices", CLIENT, "mac=aa")
    graph.put("old", "device", "endpoints", CLIENT, "mac=aa", "serial=S")
    graph.put("new", "device", "endpoints", CLIENT, "mac=aa", "serial=S")
    await graph.link("intune", "old", "new")
    assert graph.edges() == {
        ("same_device", "new", "old"),
        ("same_device", "intune", "new"),
        ("same_device", "intune", "old"),
    }


async def test_a_dock_that_several_carry_links_nobody(graph: Graph) -> None:
    for name in ("one", "two"):
        graph.put(f"intune {name}", "device", "managedDevices", CLIENT, "mac=dock")
        graph.put(f"sophos {name}", "device", "endpoints", CLIENT, "mac=dock")
    await graph.link(*graph.entities)
    assert graph.edges() == set()


async def test_a_name_is_no_proof_where_serials_differ(graph: Graph) -> None:
    graph.put("intune", "device", "managedDevices", CLIENT, "host_name=pc", "serial=S1")
    graph.put("sophos", "device", "endpoints", CLIENT, "host_name=pc", "serial=S2")
    await graph.link("intune", "sophos")
    assert graph.edges() == set()
    assert graph.edges(state="candidate") == {("same_device", "intune", "sophos")}


@pytest.mark.parametrize(
    ("contact", "identity", "state"),
    [
        (["email=a@x"], ["upn=a@x"], "active"),
        (["email=a@x"], ["mail=a@x"], "active"),
        (["email=a@x"], ["alias=a@x"], "active"),
        (["phone=1", "person_name=ann lee"], ["phone=1", "person_name=ann lee"], "active"),
        (["phone=1", "person_name=ann lee"], ["phone=1", "person_name=bob lee"], "candidate"),
        (["person_name=ann lee"], ["person_name=ann lee"], "candidate"),
    ],
)
async def test_people_are_matched_strongly_or_only_suggested(
    graph: Graph, contact: list[str], identity: list[str], state: str
) -> None:
    graph.put("contact", "contact", "Contacts", CLIENT, *contact)
    graph.put("identity", "identity", "users", CLIENT, *identity)
    await graph.link("contact", "identity")
    assert ("same_person", "contact", "identity") in graph.edges(state=state)
    if state == "candidate":
        assert graph.edges() == set()


async def test_a_value_half_the_client_has_tells_nobody_apart(graph: Graph) -> None:
    for number in range(40):
        graph.put(f"c{number}", "contact", "Contacts", CLIENT, "email=info@x")
    graph.put("identity", "identity", "users", CLIENT, "upn=info@x")
    await graph.link(*graph.entities)
    assert graph.edges() | graph.edges(state="candidate") == set()


async def test_every_order_of_arrival_gives_one_graph(graph: Graph) -> None:
    keys = {
        "intune": ("managedDevices", ["host_name=pc", "mac=aa", "entra_device_id=e"]),
        "entra": ("devices", ["host_name=pc", "entra_device_id=e"]),
        "old": ("endpoints", ["host_name=pc", "mac=aa", "serial=S"]),
        "new": ("endpoints", ["host_name=pc", "mac=aa", "serial=S"]),
        "psa": ("ConfigurationItems", ["host_name=pc", "serial=S"]),
    }
    results = set()
    for order in list(itertools.permutations(keys))[::7]:
        graph.database.execute("TRUNCATE entity_key, entity_relationship")
        for name in order:
            resource, values = keys[name]
            graph.put(name, "device", resource, CLIENT, *values)
            await graph.link(name)
        rows = graph.database.execute(
            "SELECT rule, least(source_id, target_id), greatest(source_id, target_id), key_value, state "
            "FROM entity_relationship WHERE valid_to IS NULL"
        )
        results.add(frozenset(rows))
    assert len(results) == 1
    assert len(next(iter(results))) > 8


async def test_a_keys_edges_are_found_by_their_index(graph: Graph) -> None:
    graph.database.execute(
        """
        INSERT INTO entity_relationship (msp_id, relation, source_id, target_id, state, rule, rule_version, confidence,
                                         scope_id, key_value, evidence)
        SELECT gen_random_uuid(), 'same_device', gen_random_uuid(), gen_random_uuid(), 'active', 'same_device_serial', 1, 1,
               gen_random_uuid(), n::text, '{}' FROM generate_series(1, 5000) n
        """
    )
    graph.put("a", "device", "managedDevices", CLIENT, "serial=S1")
    graph.put("b", "device", "endpoints", CLIENT, "serial=S1")
    graph.database.execute("ANALYZE entity_relationship")
    scans = "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'ix_entity_relationship_key'"
    [(before,)] = graph.database.execute(scans)
    await graph.link("a", "b")
    await graph.pool.close()  # a process that ends hands in what it counted
    [(after,)] = graph.database.execute(scans)
    assert after > before
