"""Microsoft's two error shapes: OAuth at the login address, Graph everywhere else."""

import uuid
from datetime import UTC, datetime

from vendor_sim.answers import Answer, Refused

CONTENT_TYPE = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_CODES = {
    400: ("BadRequest", "Bad request."),
    401: ("InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
    403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    404: ("Request_ResourceNotFound", "Resource does not exist or one of its queried references is not present."),
    429: ("TooManyRequests", "Too many requests from Identifier:app under category:aadgraph.app.tenant_medium."),
    503: ("serviceNotAvailable", "The service is temporarily unavailable."),
    504: ("UnknownError", "The gateway timed out."),
}


def graph(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Answer:
    """A Graph error; `innerError.date` has no zone."""
    now, request_id = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"), str(uuid.uuid4())
    inner = {"date": now, "request-id": request_id, "client-request-id": request_id}
    return Answer(status, {"error": {"code": code, "message": message, "innerError": inner}}, headers or {})


def refuse(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Refused:
    """The same, to be raised."""
    return Refused(graph(status, code, message, headers))


def of_status(status: int, retry_after: int | None) -> Answer:
    """What Graph answers with that status when it is at fault or overloaded."""
    code, message = _CODES.get(status, ("UnknownError", "An internal error occurred."))
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/"'
    if status == 429:
        headers["x-ms-throttle-information"] = "ResourceUnitLimitExceeded"
    return graph(status, code, message, headers)


def oauth(status: int, error: str, code: int, message: str) -> Answer:
    """An error of the token endpoint; its times are written with a space and no `T`."""
    now, trace, correlation = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ"), str(uuid.uuid4()), str(uuid.uuid4())
    text = f"AADSTS{code}: {message}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {now}"
    return Answer(
        status,
        {
            "error": error,
            "error_description": text,
            "error_codes": [code],
            "timestamp": now,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={code}",
        },
    )
