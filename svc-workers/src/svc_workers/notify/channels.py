"""Where messages go, and with which secrets: a file of svc-workers, read anew for each message.

It is a file, not a table: the key that opens vendors' credentials stays with the adapters.

    {"Example MSP": {"desk":  {"kind": "webhook", "url": "https://…", "secret": "whsec_…"},
                     "relay": {"kind": "mail", "host": "smtp.example", "sender": "alerts@example.com", …}}}
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from mspbyte_common.errors import RequestInvalid

PREFIX: Final = "whsec_"
KEY_LEAST: Final = 24
"""Bytes of a signing key, at least (Standard Webhooks: 24 to 64)."""


class WebhookChannel(BaseModel):
    """An address of the internet, and the key that signs what is sent there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["webhook"]
    url: str
    secret: str = Field(repr=False)

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if len(signing_key(value)) < KEY_LEAST:
            message = f"a secret is {PREFIX} and at least {KEY_LEAST} random bytes in base64"
            raise ValueError(message)
        return value


class MailChannel(BaseModel):
    """A relay. `security`: `starttls` on a plain connection, or `tls` from its first byte; never neither.

    `private`: it may be at an address of your own network.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["mail"]
    host: str
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    sender: str
    user: str | None = None
    password: str | None = Field(default=None, repr=False)
    security: Literal["starttls", "tls"] = "starttls"
    private: bool = False


Channel = Annotated[WebhookChannel | MailChannel, Field(discriminator="kind")]
_FILE: Final = TypeAdapter(dict[str, dict[str, Channel]])


def signing_key(secret: str) -> bytes:
    """The bytes a secret stands for; none for one that stands for nothing."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        return b""


def channel(file: Path | None, msp: str, name: str) -> WebhookChannel | MailChannel:
    """An msp's channel; RequestInvalid where the file has none, with what to do. No secret stands in an error."""
    if file is None:
        raise RequestInvalid("there are no channels", advice="Give svc-workers a channels file: MSPBYTE_CHANNELS_FILE.")
    try:
        found = _FILE.validate_json(file.read_bytes())
    except OSError as error:
        raise RequestInvalid(f"the channels file cannot be read: {error.strerror}", advice=f"See {file}.") from None
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False))
        raise RequestInvalid(f"the channels file does not fit: {told}", advice=f"Mend {file}.") from None
    if name not in found.get(msp, {}):
        raise RequestInvalid(
            f"{msp} has no channel {name}", advice=f"Add it to {file.name}, then: mspctl action retry."
        )
    return found[msp][name]
