from __future__ import annotations

import orjson
import pytest
from tests.unit.adapters.broken_bodies import BROKEN, SECRETS, STATUSES

from mspbyte_common import errors as e
from mspbyte_common.metrics import VENDOR_UNCLASSIFIED
from mspbyte_common.vendors.failures import row_for
from mspbyte_common.vendors.transport import Answer
from svc_adapter_autotask.failures import DATA, ZONE, classify, classify_zone, refusal


def told(text: str, status: int = 500, **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, names, orjson.dumps({"errors": [text]}))


def routed(status: int) -> Answer:
    return Answer(status, {}, b'{"Message":"The requested resource does not support http method \'GET\'."}')


REDIRECT = Answer(307, {"location": "https://evil.example"}, b"")
THREADS = "The Autotask API thread threshold of 3 threads has been exceeded"
SHARED = [
    (REDIRECT, e.SchemaDrift),
    (told(THREADS, 429), e.ThrottledEndpoint),
    (told(THREADS), e.ThrottledEndpoint),
    (told("Itgenatr005"), e.ThrottledEndpoint),
    (Answer(429, {}, b""), e.ThrottledApplication),
    *((Answer(status, {}, b"<html>"), e.VendorOutage) for status in (502, 503, 504)),
    (Answer(500, {}, b""), e.Transient),
    (routed(500), e.Transient),
    (told("An unexpected error has occurred."), e.Transient),
]
ZONES = [*SHARED, (told("Zone information could not be determined"), e.CredentialInvalid)]
CONDITIONS = "Queries are limited to 500 or fewer 'OR' conditions."
DATAS = [
    *SHARED,
    (Answer(401, {}, b""), e.CredentialInvalid),
    (told("IntegrationCode is invalid"), e.CredentialInvalid),
    (told("Zone information could not be determined"), e.CredentialInvalid),
    (Answer(403, {}, b""), e.PermissionMissing),
    (told("You do not have permission to query this entity."), e.PermissionMissing),
    (told("Unable to find limit in the Company Entity."), e.RequestInvalid),
    (told(f"Invalid query syntax. {CONDITIONS}"), e.RequestInvalid),
    (told(CONDITIONS), e.RequestInvalid),
    (told("Value does not reference an existing entity for taskType . "), e.RequestInvalid),
    (
        told("Reference value on field: contactID of type: Contact does not exist or is invalid."),
        e.RequestInvalid,
    ),
    (told("contactID: Value 12345 does not exist or is invalid"), e.RequestInvalid),
    (
        told("When assigning a Resource, you must assign both a assignedResourceID and assignedResourceRoleID."),
        e.RequestInvalid,
    ),
    (routed(405), e.RequestInvalid),
    (routed(404), e.RequestInvalid),
]


@pytest.mark.parametrize(("answer", "error"), ZONES)
def test_a_refused_zone_lookup_has_its_class(answer: Answer, error: type[e.VendorError]) -> None:
    assert type(classify_zone(answer)) is error


@pytest.mark.parametrize(("answer", "error"), DATAS)
def test_an_answer_that_is_no_data_has_its_class(answer: Answer, error: type[e.VendorError]) -> None:
    assert type(classify(answer)) is error


def test_every_row_is_tried() -> None:
    assert {row_for(ZONE, refusal(answer)) for answer, _ in ZONES} == set(ZONE)
    assert {row_for(DATA, refusal(answer)) for answer, _ in DATAS} == set(DATA)


@pytest.mark.parametrize(
    ("place", "read", "answer"),
    [
        ("data", classify, told("A text nobody has written down.")),
        ("data", classify, Answer(418, {}, b"")),
        ("zone lookup", classify_zone, told("A text nobody has written down.")),
        ("zone lookup", classify_zone, Answer(404, {}, b"")),
    ],
)
def test_an_unknown_answer_is_said_and_counted(place: str, read, answer: Answer) -> None:
    counter = VENDOR_UNCLASSIFIED.labels("autotask", place)
    before = counter._value.get()
    assert type(read(answer)) is e.Unclassified
    assert counter._value.get() == before + 1


@pytest.mark.parametrize("read", [classify, classify_zone])
@pytest.mark.parametrize("body", BROKEN)
def test_any_body_with_any_status_has_a_class_and_a_short_message(read, body: bytes) -> None:
    for status in STATUSES:
        error = read(Answer(status, {}, body))
        assert isinstance(error, e.VendorError)
        assert len(str(error)) <= 500


def test_a_message_shows_no_secret_the_vendor_echoes() -> None:
    text = str(classify(Answer(500, {}, SECRETS)))
    assert "[redacted]" in text
    assert not any(secret in text for secret in ("hunter22", "abcdefgh", "eyJ"))


@pytest.mark.parametrize(("header", "seconds"), [({}, 60), ({"retry_after": "9"}, 9)])
def test_the_database_is_left_alone_for_a_minute_unless_it_says_how_long(header: dict[str, str], seconds: int) -> None:
    error = classify(told("too many", 429, **header))
    assert isinstance(error, e.Throttled)
    assert error.retry_after == seconds
