"""Views follow their models, and no msp's rows are seen through them by another."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from mspbyte_common.db import views as declared
from mspbyte_common.db.raw_views import RAW_VIEWS
from mspbyte_common.db.views import View, apply_views, views
from mspbyte_common.models import KINDS
from svc_adapter_autotask.main import AUTOTASK
from svc_adapter_m365.main import M365
from svc_adapter_sophos.main import SOPHOS

NAMES = [view.name for view in views()]


def _fill(database, msp: UUID) -> None:
    """A record of every kind and list, with a thing it leads, an edge and an issue, of one msp."""
    database.execute("INSERT INTO msp (id, name) VALUES (%s, %s)", msp, str(msp))
    records = [("v", "r", kind, Jsonb({})) for kind in KINDS] + [(*names, "k", None) for names in RAW_VIEWS]
    for vendor, resource, kind, normalized in records:
        entity = uuid4()
        database.execute(
            """
            INSERT INTO entity (id, msp_id, account_id, vendor, resource, kind, external_id, raw_data, semantic_hash,
                                volatile_hash, normalized_data) VALUES (%s, %s, %s, %s, %s, %s, 'x', '{}', '', '', %s)
            """,
            *(entity, msp, uuid4(), vendor, resource, kind, normalized),
        )
        database.execute(
            """
            INSERT INTO merged (id, msp_id, account_id, vendor, kind, key_type, key_value, leading_id, document, provenance,
                                hash) VALUES (%s, %s, %s, %s, %s, 'k', 'v', %s, '{}', '[]', '')
            """,
            *(uuid4(), msp, uuid4(), vendor, kind, entity),
        )
    database.execute("INSERT INTO issue (msp_id, entity_id, rule, field) VALUES (%s, %s, 'r', 'f')", msp, entity)
    database.execute(
        """
        INSERT INTO entity_relationship (msp_id, relation, source_id, target_id, state, rule, rule_version, confidence,
            scope_id, key_value, evidence) VALUES (%s, 'r', %s, %s, 'active', 'r', 1, 1, %s, 'k', '{}')
        """,
        *(msp, entity, entity, msp),
    )
    _fill_client(database, msp)


def _fill_client(database, msp: UUID) -> None:
    """A client with a device and a person."""
    connection, account, client = uuid4(), uuid4(), uuid4()
    database.execute(
        "INSERT INTO connection (id, msp_id, vendor, name, secret, key_version) VALUES (%s, %s, 'm365', 'c', '', 1)",
        *(connection, msp),
    )
    database.execute(
        """
        INSERT INTO account (id, msp_id, connection_id, vendor, external_id, state, is_root, is_tenant)
        VALUES (%s, %s, %s, 'm365', 't', 'unmapped', false, true)
        """,
        *(account, msp, connection),
    )
    database.execute(
        "INSERT INTO client (id, msp_id, account_id, company_id) VALUES (%s, %s, %s, 'k')", client, msp, account
    )
    for resource, kind in (("devices", "device"), ("users", "identity")):
        database.execute(
            """
            INSERT INTO entity (id, msp_id, account_id, client_id, vendor, resource, kind, external_id, raw_data,
                                semantic_hash, volatile_hash, normalized_data)
            VALUES (%s, %s, %s, %s, 'm365', %s, %s, 'x', '{}', '', '', '{}')
            """,
            *(uuid4(), msp, account, client, resource, kind),
        )


async def test_no_view_shows_a_row_of_another_msp(database) -> None:
    mine, other = uuid4(), uuid4()
    _fill(database, mine)
    _fill(database, other)
    with psycopg.connect(database.url("mspbyte_reader")) as connection:
        for msp, seen in ((mine, {mine}), (None, set())):
            connection.execute("SELECT set_config('app.msp_id', %s, true)", (str(msp or ""),))
            for name in NAMES:
                assert {row[0] for row in connection.execute(f"SELECT msp_id FROM {name}")} == seen, name


async def test_every_view_runs_with_the_rights_of_who_asks(database) -> None:
    rows = database.execute(
        "SELECT relname, reloptions FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace"
    )
    assert sorted(name for name, _ in rows) == NAMES
    assert {tuple(options or ()) for _, options in rows} == {("security_invoker=true",)}


def test_each_list_an_adapter_reads_has_a_view() -> None:
    read = {(vendor.name, endpoint.resource) for vendor in (M365, AUTOTASK, SOPHOS) for endpoint in vendor.endpoints}
    assert set(RAW_VIEWS) == read


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.NAME)
async def test_the_columns_of_a_kinds_view_are_the_fields_of_its_model(database, kind) -> None:
    with psycopg.connect(database.admin_url) as connection:
        columns = [column.name for column in connection.execute(f"SELECT * FROM v_{kind.NAME} LIMIT 0").description]
    assert columns[-len(kind.model_fields) :] == [declared.column(kind.NAME, name) for name in kind.model_fields]


async def test_values_have_their_types_and_what_is_not_known_is_null(database) -> None:
    msp = uuid4()
    for number, document in enumerate(
        (
            {"unit_price": "9.50", "active": True, "name": "Backup"},
            {"unit_price": None, "active": None, "name": "Backup"},
        )
    ):
        database.execute(
            """
            INSERT INTO entity (id, msp_id, account_id, vendor, resource, kind, external_id, raw_data, semantic_hash,
                                volatile_hash, normalized_data)
            VALUES (%s, %s, %s, 'autotask', 'Services', 'service', %s, '{}', '', '', %s)
            """,
            *(uuid4(), msp, uuid4(), str(number), Jsonb(document)),
        )
    rows = database.execute("SELECT unit_price, active FROM v_service ORDER BY external_id")
    assert rows == [(Decimal("9.50"), True), (None, None)]
    expected = "CASE WHEN jsonb_typeof(n -> {0}) = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(n -> {0})) END"
    assert declared.expression(tuple[str, ...] | None) == expected


async def test_views_are_made_anew_when_their_declaration_changes_and_only_then(database, monkeypatch) -> None:
    with psycopg.connect(database.admin_url) as connection:
        assert apply_views(connection) == []
        changed = [View(view.name, f"{view.query} AND true") if view.name == "v_device" else view for view in views()]
        monkeypatch.setattr(declared, "views", lambda: tuple(view for view in changed if view.name != "v_group"))
        assert apply_views(connection) == ["v_device", "v_group"]
        assert connection.execute("SELECT to_regclass('v_group')").fetchone() == (None,)
        connection.rollback()


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("userPrincipalName", "user_principal_name"),
        ("azureADDeviceId", "azure_ad_device_id"),
        ("countryID", "country_id"),
    ],
)
def test_a_vendors_name_becomes_a_columns(field: str, column: str) -> None:
    assert declared.snake(field) == column
