"""Two spellings of one value become equal; what is no value becomes None."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svc_resolvers import canonical, shipped

FORMS: list[tuple[Callable[[str], str | None], str, str | None]] = [
    (canonical.upn, " Ida.Brandt@Nordlicht.Example ", "ida.brandt@nordlicht.example"),
    (canonical.upn, "x_y.example#EXT#@Z.onmicrosoft.com", "x_y.example#ext#@z.onmicrosoft.com"),
    (canonical.upn, "  ", None),
    (canonical.email, "Ida@Nordlicht.Example", "ida@nordlicht.example"),
    (canonical.email, "'ida@gmail.com", "ida@gmail.com"),
    (canonical.email, ' "ida@gmail.com" ', "ida@gmail.com"),
    (canonical.email, "<ida@gmail.com>", "ida@gmail.com"),
    (canonical.email, "o'brien@gmail.com", "o'brien@gmail.com"),
    (canonical.email, "ida@gmail.com.", "ida@gmail.com"),
    (canonical.email, "ida+x@sub.gmail.com", "ida+x@sub.gmail.com"),
    (canonical.email, "ida@m\u00fcller.example", "ida@m\u00fcller.example"),
    (canonical.email, "ida", None),
    (canonical.email, "ida@", None),
    (canonical.email, "@gmail.com", None),
    (canonical.email, "ida@localhost", None),
    (canonical.email, "ida brandt@gmail.com", None),
    (canonical.email, "ida@gmail.com; bo@gmail.com", None),
    (canonical.email, "n/a", None),
    (canonical.email, "", None),
    (canonical.phone, "+49 (341) 555 0100", "415550100"),
    (canonical.phone, "0341/5550100", "415550100"),
    (canonical.phone, "+49 (0) 341 5550100", "415550100"),
    (canonical.phone, "555-1234", "5551234"),
    (canonical.phone, "555-123-4567 x12", "551234567"),
    (canonical.phone, "555-123-4567x12", "551234567"),
    (canonical.phone, "555-123-4567 ext. 12", "551234567"),
    (canonical.phone, "+15551234567;ext=12", "551234567"),
    (canonical.phone, "Fax 0341 5550100", "415550100"),
    (canonical.phone, "123456", None),
    (canonical.phone, "12", None),
    (canonical.phone, "none", None),
    (canonical.phone, "", None),
    (canonical.host_name, " NL-WS-01 ", "nl-ws-01"),
    (canonical.host_name, "NL-WS-01.corp.nordlicht.example", "nl-ws-01"),
    (canonical.host_name, "10.0.0.12", "10.0.0.12"),
    (canonical.host_name, "fe80::1", "fe80::1"),
    (canonical.host_name, "Dr. Brandt's  MacBook", "dr. brandt's macbook"),
    (canonical.host_name, "", None),
    (canonical.host_name, ".local", None),
    (canonical.serial, " pf0xyz12 ", "PF0XYZ12"),
    (canonical.serial, "VMware-56 4d  11", "VMWARE-56 4D 11"),
    (canonical.mac, "00:15:5D:A8:4B:64", "00155da84b64"),
    (canonical.mac, "00-15-5d-a8-4b-64", "00155da84b64"),
    (canonical.mac, "0015.5da8.4b64", "00155da84b64"),
    (canonical.mac, "[00155DA84B64]", "00155da84b64"),
    (canonical.mac, "34E6D7A1B2C3", "34e6d7a1b2c3"),
    (canonical.mac, "00:00:00:00:00:00", None),
    (canonical.mac, "FF:FF:FF:FF:FF:FF", None),
    (canonical.mac, "01:00:5E:00:00:FB", None),
    (canonical.mac, "00:15:5D:A8:4B", None),
    (canonical.mac, "00000000000000E0", None),
    (canonical.mac, "n/a", None),
    (canonical.mac, "", None),
    (canonical.domain, " Nordlicht.Example. ", "nordlicht.example"),
    (canonical.domain, "localhost", None),
    (canonical.domain, "10.0.0.1", None),
    (canonical.domain, "-bad.example", None),
    (canonical.domain, "a..example", None),
    (canonical.domain, "", None),
    (canonical.website_domain, "https://www.Nordlicht.example:8443/start?x=1#y", "nordlicht.example"),
    (canonical.website_domain, "www.nordlicht.example", "nordlicht.example"),
    (canonical.website_domain, "nordlicht.example", "nordlicht.example"),
    (canonical.website_domain, "http:/nordlicht.example", "nordlicht.example"),
    (canonical.website_domain, "HTTP://user:pw@shop.nordlicht.example", "shop.nordlicht.example"),
    (canonical.website_domain, "info@nordlicht.example", "nordlicht.example"),
    (canonical.website_domain, "mailto:info@nordlicht.example", "nordlicht.example"),
    (canonical.website_domain, "nordlicht.example:80", "nordlicht.example"),
    (canonical.website_domain, "none", None),
    (canonical.website_domain, "n/a", None),
    (canonical.website_domain, "", None),
]


@pytest.mark.parametrize(("form", "sent", "expected"), FORMS, ids=[f"{f.__name__}-{sent}" for f, sent, _ in FORMS])
def test_a_value_has_one_form(form: Callable[[str], str | None], sent: str, expected: str | None) -> None:
    assert form(sent) == expected


@pytest.mark.parametrize("good", ["PF0XYZ12", "C02X", "VMWARE-56 4D 11", "1111-1112"])
def test_a_serial_may_look_like_this(good: str) -> None:
    assert canonical.is_serial(good)


@pytest.mark.parametrize("bad", ["", "123", "A-1-B", "00000000", "0000-0000", "XXXXXXX", "....", "_____"])
def test_a_serial_may_not_look_like_this(bad: str) -> None:
    assert not canonical.is_serial(bad)


@pytest.mark.parametrize("mac", ["34e6d7a1b2c3", "3448ed5d72e5", "00ee5d000001"])
def test_a_card_has_a_hardware_address(mac: str) -> None:
    assert canonical.is_hardware(mac)


@pytest.mark.parametrize(
    "mac",
    [
        "000569000001",
        "000c29000001",
        "001c14000001",
        "005056c00001",
        "00155da84b64",
        "080027000001",
        "00163e000001",
        "001c42000001",
        "525400000001",
        "0a0027000001",
        "0242ac110002",
        "de1234567890",
        "00ff12345678",
        "00090ffe0001",
        "0050b6000001",
        "8cae4c000001",
    ],
)
def test_an_address_made_up_virtual_or_of_a_dock_tells_no_machine(mac: str) -> None:
    assert not canonical.is_hardware(mac)


@pytest.mark.parametrize("domain", ["gmail.com", "nordlicht.wixsite.com", "nordlicht.onmicrosoft.com"])
def test_a_providers_domain_is_public(domain: str) -> None:
    assert canonical.is_public(domain)


@pytest.mark.parametrize("domain", ["nordlicht.example", "notgmail.com", "gmail.com.example"])
def test_a_domain_of_ones_own_is_not_public(domain: str) -> None:
    assert not canonical.is_public(domain)


def test_the_shipped_lists_are_in_canonical_form() -> None:
    assert all(canonical.serial(serial) == serial for serial in shipped.placeholder_serials())
    assert all(name == name.lower() for name in shipped.placeholder_host_names() | shipped.generic_host_names())
    assert all(
        set(prefix) <= set("0123456789abcdef")
        for prefix in shipped.virtual_mac_prefixes() + shipped.dock_mac_prefixes()
    )
    assert all(canonical.domain(domain) == domain for domain in shipped.public_domains())


@pytest.mark.parametrize(
    "form",
    [
        canonical.upn,
        canonical.email,
        canonical.phone,
        canonical.host_name,
        canonical.serial,
        canonical.mac,
        canonical.domain,
        canonical.website_domain,
    ],
)
@given(
    sent=st.text(max_size=40)
    | st.emails()
    | st.from_regex(r"[A-Fa-f0-9:.\-\[\]]{10,20}", fullmatch=True)
    | st.from_regex(r"\s?['\"<]{0,2}(www\.)?[A-Za-z0-9.@-]{1,20}['\" >]{0,3}", fullmatch=True),
)
def test_the_form_of_a_form_is_itself(form: Callable[[str], str | None], sent: str) -> None:
    once = form(sent)
    if once is not None:
        assert form(once) == once
