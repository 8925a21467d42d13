"""Webhooks: signed as Standard Webhooks 1.0 says, so that any of its libraries checks them.

webhook-id         the action's key: the same each time the same message comes
webhook-timestamp  seconds since 1970
webhook-signature  v1,base64(HMAC-SHA256(key, "<id>.<timestamp>.<body>"))
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson

from mspbyte_common.effects.effect import Effect, Result
from mspbyte_common.errors import HostRefused, RequestInvalid, Throttled, Transient
from mspbyte_common.redaction import remember
from mspbyte_common.vendors.transport import Answer, Transport, origin
from mspbyte_common.vendors.waits import retry_after
from svc_workers.notify.channels import WebhookChannel, signing_key

SUCCESS: Final = 2
ELSEWHERE: Final = 3
"""Hundreds of a status."""


async def send(transport: Transport, to: WebhookChannel, effect: Effect, now: float) -> Result:
    """Sends the message. Any 2xx is a receipt; 410 says that nobody listens there any more."""
    remember({"secret": to.secret})
    message: Mapping[str, Any] = effect.request["message"]
    headers = {"user-agent": "mspbyte/1", **signed(signing_key(to.secret), effect.key, now, orjson.dumps(message))}
    answer = await transport.send("POST", to.url, origins={origin(to.url)}, headers=headers, json=message)
    if answer.status // 100 == SUCCESS:
        return Result(f"received: HTTP {answer.status}")
    raise _refusal(answer)


def signed(key: bytes, message_id: str, now: float, body: bytes) -> dict[str, str]:
    """The headers that prove who sent a body, and when."""
    timestamp = str(int(now))
    digest = hmac.digest(key, b".".join((message_id.encode(), timestamp.encode(), body)), hashlib.sha256)
    signature = base64.b64encode(digest).decode()
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}


def _refusal(answer: Answer) -> RequestInvalid | Throttled | Transient:
    said = f"the receiver answered HTTP {answer.status}"
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(said, retry_after=retry_after(answer))
    if answer.status == HTTPStatus.GONE:
        return RequestInvalid(said, advice="Nobody listens there any more: mend the channel, then mspctl action retry.")
    if answer.status // 100 == ELSEWHERE:
        return HostRefused(f"{said}, which leads elsewhere", advice="Give the channel its final address.")
    return Transient(said, advice="See the receiver's log; then mspctl action retry.")
