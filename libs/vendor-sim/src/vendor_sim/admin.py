"""`/_sim/`: how a test or an operator steers the simulators. Not part of any vendor."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vendor_sim.counters import Counters
from vendor_sim.estate import Estate, Record
from vendor_sim.faults import Faults
from vendor_sim.truth import truth

_M365 = {
    "users": "users",
    "groups": "groups",
    "domains": "domains",
    "devices": "devices",
    "managedDevices": "managed_devices",
    "subscribedSkus": "subscribed_skus",
    "members": "members",
}
_AUTOTASK = {
    "Companies": "companies",
    "Contacts": "contacts",
    "ConfigurationItems": "configuration_items",
    "Contracts": "contracts",
    "ContractServices": "contract_services",
    "ContractServiceUnits": "contract_service_units",
    "Services": "services",
}


def mutate(estate: Estate, vendor: str, account: str, collection: str, key: str, record: Record | None) -> None:
    """Put or (None) delete one record. KeyError if the vendor, account, collection or record is not there.

    `account` is the tenant, anything for Autotask and for Sophos `tenants`. The record of `members` is the whole list.
    """
    if (vendor, collection) == ("m365", "organization"):
        estate.m365[account].organization = record or {}
        return
    rows = _collection(estate, vendor, account, collection)
    at = int(key) if vendor == "autotask" else key
    if record is None:
        del rows[at]
    else:
        rows[at] = record


def _collection(estate: Estate, vendor: str, account: str, collection: str) -> dict[Any, Any]:
    found: dict[Any, Any]
    if vendor == "m365":
        found = getattr(estate.m365[account], _M365[collection])
    elif vendor == "autotask":
        found = getattr(estate.autotask, _AUTOTASK[collection])
    elif vendor == "sophos" and collection == "tenants":
        found = estate.sophos.tenants
    elif vendor == "sophos":
        found = {"endpoints": estate.sophos.endpoints, "alerts": estate.sophos.alerts}[collection][account]
    else:
        raise KeyError(vendor)
    return found


def routes(estate: Estate, faults: Faults, counters: Counters) -> list[Route]:
    """The admin routes every simulator has."""

    async def post_faults(request: Request) -> Response:
        try:
            faults.add(orjson.loads(await request.body()))
        except (ValueError, TypeError) as error:
            return _json({"error": str(error)}, 422)
        return Response(status_code=204)

    async def delete_faults(_: Request) -> Response:
        faults.clear()
        return Response(status_code=204)

    async def get_counters(_: Request) -> Response:
        return _json(counters.document())

    async def delete_counters(_: Request) -> Response:
        counters.clear()
        return Response(status_code=204)

    async def post_mutate(request: Request) -> Response:
        try:
            asked = orjson.loads(await request.body())
            where = (asked["vendor"], asked.get("account", ""), asked["collection"], str(asked["id"]))
            mutate(estate, *where, asked.get("record"))
        except (KeyError, ValueError) as error:
            return _json({"error": repr(error)}, 422)
        return Response(status_code=204)

    async def get_truth(_: Request) -> Response:
        return _json(truth(estate))

    return [
        Route("/_sim/faults", post_faults, methods=["POST"]),
        Route("/_sim/faults", delete_faults, methods=["DELETE"]),
        Route("/_sim/counters", get_counters, methods=["GET"]),
        Route("/_sim/counters", delete_counters, methods=["DELETE"]),
        Route("/_sim/mutate", post_mutate, methods=["POST"]),
        Route("/_sim/truth", get_truth, methods=["GET"]),
    ]


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
