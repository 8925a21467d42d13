"""`/_sim/`: how a test or an operator steers the simulators. Not part of any vendor."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vendor_sim.changes import Expiry
from vendor_sim.counters import Counters
from vendor_sim.crowd import add_crowd
from vendor_sim.days import play
from vendor_sim.estate import Estate
from vendor_sim.faults import Faults
from vendor_sim.limits import Limits
from vendor_sim.mutate import mutate
from vendor_sim.truth import truth

_EXPIRIES: dict[str, Expiry] = {"gone": "gone", "not_found": "not_found"}
_Handler = Callable[[Request], Awaitable[Response]]


def routes(estate: Estate, faults: Faults, counters: Counters, limits: Limits) -> list[Route]:
    """The admin routes every simulator has."""

    def change(asked: Any) -> None:
        where = (asked["vendor"], asked.get("account", ""), asked["collection"], str(asked["id"]))
        mutate(estate, *where, asked.get("record"))

    def expire(asked: Any) -> None:
        estate.changes.expire(estate.m365[asked["account"]].id, _EXPIRIES[asked.get("how", "gone")])

    def crowd(asked: Any) -> None:
        add_crowd(estate, asked["account"], int(asked["users"]))

    async def day(_: Request) -> Response:
        return _json(play(estate))

    return [
        Route("/_sim/crowd", _does(crowd), methods=["POST"]),
        Route("/_sim/day", day, methods=["POST"]),
        Route("/_sim/faults", _does(faults.add), methods=["POST"]),
        Route("/_sim/faults", _clears(faults.clear), methods=["DELETE"]),
        Route("/_sim/counters", _shows(counters.document), methods=["GET"]),
        Route("/_sim/counters", _clears(counters.clear), methods=["DELETE"]),
        Route("/_sim/limits", _shows(limits.used), methods=["GET"]),
        Route("/_sim/mutate", _does(change), methods=["POST"]),
        Route("/_sim/expire", _does(expire), methods=["POST"]),
        Route("/_sim/truth", _shows(lambda: truth(estate)), methods=["GET"]),
    ]


def _does(act: Callable[[Any], None]) -> _Handler:
    """Act on the JSON body: 204, or 422 for a body that cannot be acted on."""

    async def handle(request: Request) -> Response:
        try:
            act(orjson.loads(await request.body()))
        except (KeyError, ValueError, TypeError) as error:
            return _json({"error": repr(error)}, 422)
        return Response(status_code=204)

    return handle


def _clears(clear: Callable[[], None]) -> _Handler:
    async def handle(_: Request) -> Response:
        clear()
        return Response(status_code=204)

    return handle


def _shows(show: Callable[[], Any]) -> _Handler:
    async def handle(_: Request) -> Response:
        return _json(show())

    return handle


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
