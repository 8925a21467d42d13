"""Mail: one for a message or for a digest, as plain text and HTML.

Its Message-ID is the action's key, so that one that comes twice is one to a reader's mailbox.
"""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any, Final

from jinja2 import Environment, PackageLoader

from mspbyte_common.effects.effect import Effect, Result
from mspbyte_common.errors import HostRefused, RequestInvalid, Transient, Unreachable, VendorError
from mspbyte_common.redaction import remember
from mspbyte_common.vendors.addresses import is_public
from mspbyte_common.vendors.connections import resolve
from mspbyte_common.workflows.declaration import SEVERITIES
from svc_workers.notify.channels import MailChannel

SECONDS: Final = 30.0
SUBJECT_MOST: Final = 200
_PAGES: Final = Environment(loader=PackageLoader("svc_workers.notify"), autoescape=True)
_TEXTS: Final = Environment(loader=PackageLoader("svc_workers.notify"), autoescape=False, trim_blocks=True)  # noqa: S701 - plain text


async def send(to: MailChannel, effect: Effect, *, allow_loopback: bool, tls: ssl.SSLContext | None = None) -> Result:
    """Hands the mail to the relay. Addresses the relay refuses for good fail; what it cannot take now is tried again."""
    remember({"password": to.password} if to.password else {})
    address = await _address(to, allow_loopback=allow_loopback)
    mail = compose(to.sender, effect)
    recipients = [str(one) for one in effect.request["to"]]
    return await asyncio.to_thread(_hand_over, to, address, mail, recipients, tls or ssl.create_default_context())


def compose(sender: str, effect: Effect) -> EmailMessage:
    """The mail of one message, or of a digest: the gravest first, by client."""
    messages = sorted(effect.request["messages"], key=_order)
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(effect.request["to"])
    mail["Subject"] = _subject(messages)[:SUBJECT_MOST]
    mail["Date"] = formatdate(localtime=False)
    mail["Message-ID"] = f"<{effect.key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    clients: dict[str, list[Mapping[str, Any]]] = {}
    for message in messages:
        clients.setdefault(_client(message), []).append(message)
    mail.set_content(_TEXTS.get_template("mail.txt.j2").render(clients=clients))
    mail.add_alternative(_PAGES.get_template("mail.html.j2").render(clients=clients), subtype="html")
    return mail


def _subject(messages: Sequence[Mapping[str, Any]]) -> str:
    first = messages[0]["finding"]
    if len(messages) > 1:
        return f"{len(messages)} findings, the gravest {first['severity']}"
    text = f"[{first['severity']}] {first['state']}: {first['title']}, {_client(messages[0])}"
    return " ".join(text.split())


def _client(message: Mapping[str, Any]) -> str:
    client = message["finding"]["client"]
    return (client["name"] if client else None) or "Client not known"


def _order(message: Mapping[str, Any]) -> tuple[int, str, str, str]:
    finding = message["finding"]
    return SEVERITIES.index(finding["severity"]), _client(message), finding["title"], message["id"]


async def _address(to: MailChannel, *, allow_loopback: bool) -> str:
    """The address connected to: resolved once and judged; TLS still proves the name."""
    try:
        async with asyncio.timeout(SECONDS):
            found = await resolve(to.host, to.port)
    except OSError:
        raise Unreachable(f"{to.host} cannot be resolved") from None
    loopback = allow_loopback and to.host in {"localhost", "127.0.0.1"}
    if not (to.private or loopback or all(is_public(one) for one in found)):
        raise HostRefused(f"{to.host} is not at an address of the internet", advice="Say so in the channel: private.")
    return found[0]


def _hand_over(
    to: MailChannel, address: str, mail: EmailMessage, recipients: Sequence[str], tls: ssl.SSLContext
) -> Result:
    try:
        with _relay(to, address, tls) as relay:
            if to.user is not None and to.password is not None:
                relay.login(to.user, to.password)
            refused = relay.send_message(mail, to.sender, list(recipients))
    except VendorError:
        raise
    except smtplib.SMTPResponseException as error:
        raise _refusal(to, error.smtp_code) from None
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal(to, max(code for code, _ in error.recipients.values())) from None
    except (smtplib.SMTPException, OSError) as error:
        raise Unreachable(f"{to.host}: {type(error).__name__}", advice="See the relay's log.") from None
    left = f", but not to {', '.join(sorted(refused))}" if refused else ""
    return Result(f"taken by {to.host}{left}", str(mail["Message-ID"]))


def _refusal(to: MailChannel, code: int) -> VendorError:
    """5xx is for good, 4xx for now (RFC 5321, 4.2.1)."""
    said = f"{to.host} answered {code}"
    if code >= 500:  # noqa: PLR2004 - SMTP's own number
        return RequestInvalid(
            said, advice="See the relay's log for sender, recipients and sign-in; then mspctl action retry."
        )
    return Transient(said, advice="See the relay's log.")


def _relay(to: MailChannel, address: str, tls: ssl.SSLContext) -> smtplib.SMTP:
    """A relay at the address that was judged, which proves to be who the channel calls it."""

    class At(smtplib.SMTP):
        def _get_socket(self, _host: str, port: int, timeout: float) -> socket.socket:
            plain = socket.create_connection((address, port), timeout)
            return plain if to.security == "starttls" else tls.wrap_socket(plain, server_hostname=to.host)

    relay = At(to.host, to.port, timeout=SECONDS)
    try:
        if to.security == "starttls":
            relay.starttls(context=tls)
    except BaseException:
        relay.close()
        raise
    return relay
