"""Sophos's errors: one loose shape of which only `error` is certain."""

import uuid
from datetime import UTC, datetime

from vendor_sim.answers import Answer

CONTENT_TYPE = "application/json"
_NAMES = {
    400: "badRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "notFound",
    429: "TooManyRequests",
    500: "internalServerError",
}


def error(status: int, message: str = "", headers: dict[str, str] | None = None) -> Answer:
    """An API error; `message` is left out when there is none to give."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = {
        "error": _NAMES.get(status, "unknown"),
        "correlationId": str(uuid.uuid4()),
        "requestId": str(uuid.uuid4()),
        "createdAt": now,
    }
    return Answer(status, body | ({"message": message} if message else {}), headers or {})


def identity(status: int, code: str, message: str) -> Answer:
    """An error of the token endpoint."""
    return Answer(status, {"errorCode": code, "message": message, "trackingId": str(uuid.uuid4())})


def of_status(status: int, retry_after: int | None) -> Answer:
    """What Sophos answers with that status; throttling comes from a gateway with a shape of its own."""
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    if status == 429:
        return Answer(status, {"message": "Too Many Requests"}, headers)
    return error(status, headers=headers)
