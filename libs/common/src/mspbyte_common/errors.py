"""The error tree. Each leaf says what happens next.

PipelineError
├── UsageError            a person's mistake: shown as one line, exit code 2
├── VendorError           a vendor's answer, by class
│   ├── Retryable         tried again later by the scheduler, six times without a page, then the run fails
│   │   ├── Throttled             waits as told, burns no attempt; the vendor did not say for whom
│   │   │   ├── ThrottledApplication   all that uses the connection waits
│   │   │   ├── ThrottledAccount       this account waits
│   │   │   ├── ThrottledEndpoint      this list of the connection waits
│   │   │   ├── OutOfBudget            we would be too fast: nothing was sent
│   │   │   └── HeldBack               what was read waits to be worked up: no further page for now
│   │   ├── Transient             backs off exponentially
│   │   │   └── VendorOutage      the vendor or its gateway is down, for everybody
│   │   ├── Unreachable           backs off exponentially: no answer at all
│   │   ├── DeltaExpired          the place to go on from is no longer known: the list is read from its start
│   │   ├── KeyMissing            the key to our own stored credential is not in this process's file yet
│   │   ├── TokenExpired          a token fresh from the vendor was refused: another is minted
│   │   └── Unclassified          an answer no table knows: tried as if it could pass, counted, never for ever
│   ├── Parking           stops the account (CredentialInvalid: the connection) until a person acts
│   │   ├── CredentialInvalid
│   │   │   └── CredentialSpreading    tried four times first: it may be too new to be known everywhere
│   │   ├── ConsentMissing
│   │   ├── TenantDisabled
│   │   └── AccountGone
│   ├── Refused           the account withholds this list: one the account is nothing without stops it as Parking does,
│   │   │                 any other is Unavailable
│   │   ├── PermissionMissing
│   │   └── PartnerAssistanceMissing
│   ├── Unavailable       the account has no such resource: said once, not retried before the next listing
│   │   ├── LicenceMissing
│   │   └── ResourceGone
│   └── Final             fails the run, next fire tries again
│       ├── SchemaDrift       the page is not what the vendor documents
│       ├── RequestInvalid    our request is wrong
│       │   └── HostRefused       an address that must not be given a credential; nothing was sent
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

    `advice` tells a person what to do; `error_class` is what tables and metrics show. A run is tried `tries` times
    without a page of progress before the error has its consequence, after a random part of `backoff_seconds`, doubled each
    time.
    """

    error_class: ClassVar[str] = "vendor_error"
    tries: ClassVar[int] = 1
    backoff_seconds: ClassVar[float] = 1.0
    advice_default: ClassVar[str] = "See the message."

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.advice = advice or self.advice_default


class Retryable(VendorError):
    """Tried again later."""

    tries = 6


class Throttled(Retryable):
    """The vendor asked us to wait. `retry_after` in seconds; None when it did not say how long."""

    error_class = "throttled"
    advice_default = "Nothing to do: the run continues by itself when the vendor allows it."

    def __init__(self, message: str, *, retry_after: float | None = None, advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.retry_after = retry_after


class ThrottledApplication(Throttled):
    """The vendor limits the application or credential: all accounts of the connection wait."""

    error_class = "throttled_application"
    advice_default = (
        "Nothing to do: every account of the connection waits and goes on by itself. If it lasts, see what else uses "
        "the same credential or database."
    )


class ThrottledAccount(Throttled):
    """The vendor limits this account: the others go on."""

    error_class = "throttled_account"


class ThrottledEndpoint(Throttled):
    """The vendor limits this list of the connection: other lists go on."""

    error_class = "throttled_endpoint"


class OutOfBudget(Throttled):
    """The budget has no room for a while: nothing was sent, and the run is taken up again when there is."""

    error_class = "out_of_budget"
    advice_default = "Nothing to do: the run goes on by itself. mspctl budget list shows what is used up or paused."


class HeldBack(Throttled):
    """So much of the account waits for the stages that no further page is read; the run goes on from there later."""

    error_class = "held_back"
    advice_default = "Nothing to do: the run goes on by itself. mspctl status shows which stage is behind."


class OtherRelease(Throttled):
    """A list that this release of the adapter does not have: a replica of the release before or after it has."""

    error_class = "other_release"
    advice_default = "Nothing to do while a rollout lasts. After it, all replicas must be of one release."


class Transient(Retryable):
    """The vendor failed; it is tried again with growing pauses."""

    error_class = "transient"
    advice_default = "Nothing to do: it is tried again. If it lasts, look at the vendor's status page."


class VendorOutage(Transient):
    """The vendor, or the gateway before it, is out of service; it is tried again with growing pauses."""

    error_class = "vendor_outage"
    advice_default = "Nothing to do: it is tried again. Look at the vendor's status page."


class Unreachable(Retryable):
    """No answer: name, connection, TLS or time-out."""

    error_class = "unreachable"
    advice_default = "Check the connection's address and this machine's way to the vendor."


class DeltaExpired(Retryable):
    """The vendor has forgotten the cursor or page to go on from: both are dropped, and the whole list is read anew."""

    error_class = "delta_expired"
    advice_default = "Nothing to do: the run begins again and reads the whole list."


class KeyMissing(Retryable):
    """The stored credential cannot be opened with this process's key file; a rotated one may be on its way to it."""

    error_class = "key_missing"
    backoff_seconds = 15.0
    advice_default = (
        "Give the adapter the key file mspctl uses (MSPBYTE_KEK_FILE): mspctl keys list says which key is needed."
    )


class TokenExpired(Retryable):
    """A token the vendor has just issued was refused; the next try mints another."""

    error_class = "token_expired"
    advice_default = (
        "Nothing to do: a new token is asked for. If it lasts, check this machine's clock, and whether the vendor has "
        "moved the account or an administrator has withdrawn the application's access."
    )


class Unclassified(Retryable):
    """An answer that no table knows. It is tried again a few times, then the run fails."""

    error_class = "unclassified"
    advice_default = (
        "The vendor gave an answer this adapter does not know: keep the run's number and report it, with the message."
    )


class Parking(VendorError):
    """Stops the account until a person acts."""


class CredentialInvalid(Parking):
    """The vendor refused the credential: every account of the connection stops, and one finding says so."""

    error_class = "credential_invalid"
    advice_default = "Give the connection a working secret: mspctl connection set-secret."


class CredentialSpreading(CredentialInvalid):
    """The vendor does not know the credential yet, or never will: a new one takes minutes to reach all its places."""

    tries = 4
    backoff_seconds = 30.0


class ConsentMissing(Parking):
    """The credential works, but this account does not let it sign in."""

    error_class = "consent_missing"
    advice_default = "Have the customer's administrator grant access, then: mspctl account resume."


class TenantDisabled(Parking):
    """The vendor has switched the account off."""

    error_class = "tenant_disabled"
    advice_default = (
        "Ask the customer whether the tenant is to live: have it enabled, then mspctl account resume; or leave it out: "
        "mspctl account exclude."
    )


class AccountGone(Parking):
    """The vendor no longer knows this account."""

    error_class = "account_gone"
    advice_default = "If the customer has left, exclude the account: mspctl account exclude."


class Refused(VendorError):
    """The account withholds a list from this credential.

    What follows depends on the list (`Endpoint.essential`): without one the account is nothing, another is unavailable.
    """

    why: ClassVar[str] = "the account withholds it"


class PermissionMissing(Refused):
    """The credential works in this account, but may not read this list."""

    error_class = "permission_missing"
    why = "the credential may not read it"
    advice_default = "Grant the permission the list needs, then: mspctl account resume."


class PartnerAssistanceMissing(Refused):
    """The tenant does not let the partner in."""

    error_class = "partner_assistance_missing"
    why = "the tenant does not let the partner in"
    advice_default = "Have the customer switch on the partner's access, then: mspctl account resume."


class Unavailable(VendorError):
    """The account is not licensed for, or has no, such resource."""

    error_class = "unavailable"
    why: ClassVar[str] = "the account has no such resource"
    """Said on the listing. It is one text for one cause: the vendor's own words differ from request to request."""
    advice_default = "Nothing to do unless the customer should have this product."


class LicenceMissing(Unavailable):
    """The account lacks the licence this list needs."""

    error_class = "licence_missing"
    why = "the account lacks the licence"
    advice_default = "Nothing to do unless the customer should have the licence; the next listing sees it."


class ResourceGone(Unavailable):
    """What was asked for is not there, for this account."""

    error_class = "resource_gone"
    why = "the vendor has no such list for this account"
    advice_default = "Nothing to do unless the customer should have this product; the next listing asks again."


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


class HostRefused(RequestInvalid):
    """An address that must not be given this connection's credential; nothing was sent to it."""

    error_class = "host_refused"
    advice_default = (
        "Nothing was sent. If the address is in the connection's settings, correct it; if the vendor's answer named it, "
        "keep the run's number and report it: somebody may be after the credential."
    )


class PagingBroken(Final):
    """A listing that cannot end: a page that names itself or one already seen as the next."""

    error_class = "paging_broken"
    advice_default = "The vendor repeats a page: nothing was deleted; the next run tries again."


def error_classes(among: type[VendorError] = VendorError) -> list[str]:
    """Every `error_class` of the tree, sorted."""
    below = {name for kind in among.__subclasses__() for name in error_classes(kind)}
    return sorted({among.error_class, *below})
