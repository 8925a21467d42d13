"""What a vendor's refusals mean, as data: tables whose first row that fits names the error.

A row is what a vendor documents; what no row fits is `Unclassified`, counted by vendor and place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mspbyte_common.errors import SchemaDrift, Throttled, Unclassified, VendorError
from mspbyte_common.metrics import VENDOR_UNCLASSIFIED
from mspbyte_common.redaction import REDACTED, masked
from mspbyte_common.vendors.transport import Answer
from mspbyte_common.vendors.waits import retry_after

TOLD_MOST: Final = 500
"""The longest message, in characters."""
_SECRETS: Final = re.compile(
    r"eyJ[\w-]{6,}[\w.-]*"  # a JSON web token
    r"|(?i:bearer)\s+[^\s\"',;]{8,}"
    r"|(?i:(?:client_)?secret|client_assertion|password|(?:access_|refresh_)?token|api_?key)[\"']?\s*[=:]\s*[\"']?[^\s\"'&,;]{4,}"
)
NO_CODE: Final = ""


@dataclass(frozen=True)
class Refusal:
    """An answer that is not data, as a table reads it.

    `code` is the vendor's own code, NO_CODE where it gave none; `text` its words; `scope` whom a limit is for.
    """

    status: int
    code: str = NO_CODE
    text: str = ""
    scope: str = ""
    retry_after: float | None = None


@dataclass(frozen=True)
class Failure:
    """A row: an answer with one of these statuses, this code, this text and this scope means that error.

    What is None may be anything. Codes compare without case; `text` and `scope` are looked for inside, without case.
    `wait`: seconds to wait when a throttled answer does not say how long.
    """

    error: type[VendorError]
    status: int | tuple[int, ...] | None = None
    code: str | None = None
    text: str | None = None
    scope: str | None = None
    advice: str | None = None
    wait: float | None = None

    def fits(self, refusal: Refusal) -> bool:
        """Whether the row speaks of this refusal."""
        statuses = (self.status,) if isinstance(self.status, int) else self.status
        return (
            (statuses is None or refusal.status in statuses)
            and (self.code is None or self.code.lower() == refusal.code.lower())
            and (self.text is None or self.text.lower() in refusal.text.lower())
            and (self.scope is None or self.scope.lower() in refusal.scope.lower())
        )


REDIRECTED: Final = Failure(
    SchemaDrift,
    status=(301, 302, 303, 307, 308),
    advice="The vendor sent us elsewhere and we did not go: keep the run's number and report it.",
)
"""A redirect is never followed: whoever can answer with one would get the credential."""


def row_for(table: Sequence[Failure], refusal: Refusal) -> Failure | None:
    """The first row that fits."""
    return next((row for row in table if row.fits(refusal)), None)


def error_for(vendor: str, place: str, table: Sequence[Failure], refusal: Refusal) -> VendorError:
    """The error to raise; `place` names the table (few values: it is a metric's label)."""
    row = row_for(table, refusal)
    message = told(refusal, place)
    if row is None and 200 <= refusal.status < 300:  # noqa: PLR2004 - HTTP's own numbers
        return SchemaDrift(f"{message}, and no body")
    if row is None:
        VENDOR_UNCLASSIFIED.labels(vendor, place).inc()
        return Unclassified(message)
    if issubclass(row.error, Throttled):
        wait = refusal.retry_after if refusal.retry_after is not None else row.wait
        return row.error(message, retry_after=wait, advice=row.advice)
    return row.error(message, advice=row.advice)


def told(refusal: Refusal, place: str) -> str:
    """The refusal in one line, with nothing in it that looks like a secret."""
    words = " ".join(part for part in (f"{place}: HTTP {refusal.status}", refusal.code, refusal.text) if part)
    return scrubbed(words)[:TOLD_MOST]


def scrubbed(text: str) -> str:
    """One line of printable text without tokens and secrets."""
    line = "".join(char if char.isprintable() else " " for char in masked(text[: TOLD_MOST * 8]))
    return " ".join(_SECRETS.sub(REDACTED, line).split())


def json_object(answer: Answer) -> dict[str, Any]:
    """The body if it is a JSON object, else nothing: an error page may be anything."""
    try:
        body = answer.json()
    except SchemaDrift:
        return {}
    return body if isinstance(body, dict) else {}


def word(value: object) -> str:
    """A code or text of an error's body; what is neither text nor number is none."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def refusal_of(answer: Answer, code: str, text: str, scope: str = "") -> Refusal:
    """The refusal in an answer whose code and text are known."""
    return Refusal(answer.status, code, text, scope, retry_after(answer))
