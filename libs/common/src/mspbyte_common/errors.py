"""The error tree. Each leaf says what happens next.

PipelineError
├── UsageError            a person's mistake: shown as one line, exit code 2
├── VendorError           a vendor's answer, by class
│   ├── Retryable         tried again later by the scheduler
│   │   ├── Throttled     waits as told, burns no attempt
│   │   ├── Transient     backs off exponentially
│   │   └── Unreachable   backs off exponentially: no answer at all
│   ├── Parking           stops the account (CredentialInvalid: the connection) until a person acts
│   │   ├── CredentialInvalid
│   │   ├── ConsentMissing
│   │   └── AccountGone
│   ├── Unavailable       the account has no such resource: said once, not retried before the next listing
│   └── Final             fails the run, next fire tries again
│       ├── SchemaDrift       the page is not what the vendor documents
│       ├── RequestInvalid    our request is wrong
│       └── PagingBroken      a listing that cannot end
└── LeaseLost             somebody else owns the run now: stop at once, write nothing
"""

from __future__ import annotations

from typing import ClassVar


class PipelineError(Exception):
    """Anything this system raises on purpose."""


class UsageError(PipelineError):
    """A person's mistake; its text says what to do."""


class LeaseLost(PipelineError):
    """The run's lease has gone to another process; whoever sees this stops without writing."""


class VendorError(PipelineError):
    """A vendor's answer that is not data.

    `advice` tells a person what to do; `error_class` is what tables and metrics show.
    """

    error_class: ClassVar[str] = "vendor_error"
    advice_default: ClassVar[str] = "See the message."

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.advice = advice or self.advice_default


class Retryable(VendorError):
    """Tried again later."""


class Throttled(Retryable):
    """The vendor asked us to wait. `retry_after` in seconds; None when it did not say how long."""

    error_class = "throttled"
    advice_default = "Nothing to do: the run continues by itself when the vendor allows it."

    def __init__(self, message: str, *, retry_after: float | None = None, advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.retry_after = retry_after


class Transient(Retryable):
    """The vendor failed; it is tried again with growing pauses."""

    error_class = "transient"
    advice_default = "Nothing to do: it is tried again. If it lasts, look at the vendor's status page."


class Unreachable(Retryable):
    """No answer: name, connection, TLS or time-out."""

    error_class = "unreachable"
    advice_default = "Check the connection's address and this machine's way to the vendor."


class Parking(VendorError):
    """Stops the account until a person acts."""


class CredentialInvalid(Parking):
    """The vendor refused the credential: every account of the connection stops, and one finding says so."""

    error_class = "credential_invalid"
    advice_default = "Give the connection a working secret: mspctl connection set-secret."


class ConsentMissing(Parking):
    """The credential works, but not for this account."""

    error_class = "consent_missing"
    advice_default = "Have the customer's administrator grant access, then: mspctl account resume."


class AccountGone(Parking):
    """The vendor no longer knows this account."""

    error_class = "account_gone"
    advice_default = "If the customer has left, exclude the account: mspctl account exclude."


class Unavailable(VendorError):
    """The account is not licensed for, or has no, such resource."""

    error_class = "unavailable"
    advice_default = "Nothing to do unless the customer should have this product."


class Final(VendorError):
    """Fails the run; the next fire tries again."""


class SchemaDrift(Final):
    """The page is not what the vendor documents."""

    error_class = "schema_drift"
    advice_default = "The vendor's answer has changed or is damaged: keep the run's number and report it."


class RequestInvalid(Final):
    """Our request is wrong."""

    error_class = "request_invalid"
    advice_default = "This is a defect of the adapter: keep the run's number and report it."


class PagingBroken(Final):
    """A listing that cannot end: a page that names itself or one already seen as the next."""

    error_class = "paging_broken"
    advice_default = "The vendor repeats a page: nothing was deleted; the next run tries again."
