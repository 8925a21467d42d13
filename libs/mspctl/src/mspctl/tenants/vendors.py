"""What a connection of each vendor needs to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mspbyte_common.errors import UsageError


@dataclass(frozen=True)
class Vendor:
    """`settings`: name → default, None where it must be given. `root`: the setting that names the root account.

    `secrets`: the parts of a secret, in each of the forms it may have; a person at a prompt is asked for the first.

    `root_is_tenant`: the account that lists the others has records of its own that may be a client's.
    """

    name: str
    settings: Mapping[str, str | None]
    secrets: tuple[tuple[str, ...], ...]
    root: str
    root_is_tenant: bool = False


VENDORS = {
    vendor.name: vendor
    for vendor in (
        Vendor(
            name="m365",
            settings={
                "partner_tenant_id": None,
                "client_id": None,
                "login_url": "https://login.microsoftonline.com",
                "graph_url": "https://graph.microsoft.com",
            },
            secrets=(("client_secret",), ("certificate_pem", "private_key_pem")),
            root="partner_tenant_id",
            root_is_tenant=True,
        ),
        Vendor(
            name="autotask",
            settings={"username": None, "zone_lookup_url": "https://webservices.autotask.net"},
            secrets=(("secret", "integration_code"),),
            root="username",
        ),
        Vendor(
            name="sophos",
            settings={
                "client_id": None,
                "identity_url": "https://id.sophos.com",
                "api_url": "https://api.central.sophos.com",
            },
            secrets=(("client_secret",),),
            root="client_id",
        ),
    )
}


def vendor_named(name: str) -> Vendor:
    """The vendor; UsageError for one we have no adapter for."""
    if name not in VENDORS:
        message = f"there is no vendor {name!r}: take {', '.join(VENDORS)}."
        raise UsageError(message)
    return VENDORS[name]


def complete_settings(vendor: Vendor, given: Mapping[str, str]) -> dict[str, str]:
    """The settings with defaults filled in; UsageError names what is unknown or missing."""
    unknown = sorted(given.keys() - vendor.settings.keys())
    if unknown:
        message = f"{vendor.name} has no setting {unknown[0]!r}: it has {', '.join(vendor.settings)}."
        raise UsageError(message)
    settings = {name: given.get(name, default) for name, default in vendor.settings.items()}
    missing = [name for name, value in settings.items() if not value]
    if missing:
        message = f"{vendor.name} needs " + " ".join(f"--setting {name}=…" for name in missing)
        raise UsageError(message)
    return {name: value for name, value in settings.items() if value}


def secret_forms(vendor: Vendor) -> str:
    """The parts a secret of the vendor may have, in words."""
    return ", or ".join(" and ".join(parts) for parts in vendor.secrets)


def complete_secret(vendor: Vendor, given: Mapping[str, object]) -> dict[str, str]:
    """The secret's parts, all of one form and nothing else; UsageError names the forms, never a value."""
    parts = {name: value for name, value in given.items() if isinstance(value, str) and value}
    if len(parts) != len(given) or not any(parts.keys() == set(form) for form in vendor.secrets):
        message = f"a secret of {vendor.name} is a JSON object with exactly: {secret_forms(vendor)}."
        raise UsageError(message)
    return parts
