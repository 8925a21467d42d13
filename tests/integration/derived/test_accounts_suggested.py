"""Unmapped accounts get suggestions from what the vendors say of them."""

from __future__ import annotations

import orjson
from tests.integration.pipeline import Pipeline

from mspctl.cli import invoke


async def test_an_unmapped_tenant_is_suggested_to_the_company_of_its_domain(
    pipeline: Pipeline, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", pipeline.database.url("mspctl"))
    autotask, tenant = pipeline.account("autotask", "api"), pipeline.account("m365", "t-1")
    sophos = pipeline.account("sophos", "s-1")
    companies = [
        {"id": 1, "companyName": "Contoso Holding GmbH", "companyType": 1},
        {
            "id": 2,
            "companyName": "Contoso GmbH",
            "companyType": 1,
            "webAddress": "www.contoso.example",
            "parentCompanyID": 1,
        },
        {"id": 3, "companyName": "Fabrikam AG", "companyType": 1},
    ]
    pipeline.put(autotask, "autotask", "Companies", "company", *companies)
    domains = [{"id": "contoso.example", "isVerified": True}, {"id": "x.onmicrosoft.com", "isVerified": True}]
    pipeline.put(tenant, "m365", "domains", "domain", *domains)
    pipeline.put(sophos, "sophos", "tenants", "tenant", {"id": "s-1", "name": "Fabrikam"})
    await pipeline.drain()
    capsys.readouterr()
    assert invoke(["account", "suggest", "--json"]) == 0
    found = orjson.loads(capsys.readouterr().out)
    assert [(row["vendor"], row["client"], row["score"]) for row in found] == [
        ("m365", "Contoso GmbH", 0.98),
        ("m365", "Contoso Holding GmbH", 0.59),
        ("sophos", "Fabrikam AG", 0.9),
    ]
    assert pipeline.database.execute("SELECT DISTINCT state FROM account") == [("unmapped",)]
