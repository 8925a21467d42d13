"""Signs in to a customer's tenant as the application.

One token per (application, tenant): client credentials against the tenant's own token endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from mspbyte_common.vendors.session import Sender, Session, Target
from mspbyte_common.vendors.tokens import Token, TokenCache, token_of
from mspbyte_common.vendors.transport import origin
from svc_adapter_m365.assertion import credential
from svc_adapter_m365.cost import cost
from svc_adapter_m365.failures import classify, classify_sign_in
from svc_adapter_m365.settings import GRAPH, LOGIN, SCOPE

TOKENS = TokenCache()


async def connect(sender: Sender, target: Target) -> Session:
    """A session for one tenant; the token is minted when the first request needs it."""
    login = str(target.connection.get("login_url") or LOGIN)
    graph = str(target.connection.get("graph_url") or GRAPH)
    key = (target.connection_id, target.external_id)

    async def mint() -> Token:
        address = f"{login.rstrip('/')}/{quote(target.external_id, safe='')}/oauth2/v2.0/token"
        form = {
            "grant_type": "client_credentials",
            "client_id": str(target.connection["client_id"]),
            "scope": SCOPE,
            **credential(target.secret, str(target.connection["client_id"]), address),
        }
        answer = await sender.purpose("sign-in").send("POST", address, origins={origin(login)}, form=form)
        if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
            raise classify_sign_in(answer)
        return token_of(answer)

    async def authorize() -> Mapping[str, str]:
        return {"authorization": f"Bearer {await TOKENS.get(key, mint)}"}

    def renew(refused: Mapping[str, str]) -> bool:
        TOKENS.refused(key, refused["authorization"].removeprefix("Bearer "))
        return True

    return Session("m365", {"default": graph}, authorize, renew, classify, cost)
