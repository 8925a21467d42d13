"""Ids that are computed, not drawn: the same thing has the same id in every run, process and rebuild (ADR 0002)."""

from __future__ import annotations

from hashlib import blake2b
from uuid import UUID

_SEPARATOR = b"\x1f"
_MASK = (1 << 128) - 1 - (0xF << 76) - (0x3 << 62)


def derive(noun: str, *parts: str | UUID) -> UUID:
    """A UUID (version 8) that depends on the noun and its natural key alone."""
    text = _SEPARATOR.join([noun.encode(), *(str(part).encode() for part in parts)])
    number = int.from_bytes(blake2b(text, digest_size=16).digest())
    return UUID(int=(number & _MASK) | (8 << 76) | (2 << 62))


def connection_id(msp: UUID, vendor: str, name: str) -> UUID:
    """A connection is known by its vendor and the name its MSP gave it."""
    return derive("connection", msp, vendor, name)


def account_id(connection: UUID, external_id: str) -> UUID:
    """An account is known by the connection that reaches it and the vendor's id of it."""
    return derive("account", connection, external_id)


def job_id(account: UUID, resource: str) -> UUID:
    """A job is (account, resource)."""
    return derive("job", account, resource)


def entity_id(account: UUID, resource: str, external_id: str) -> UUID:
    """An entity is one record of one resource of one account."""
    return derive("entity", account, resource, external_id)


def client_id(account: UUID, company_id: str) -> UUID:
    """A client is a company of one PSA account."""
    return derive("client", account, company_id)


def workflow_id(msp: UUID, name: str) -> UUID:
    """A workflow is known by its name."""
    return derive("workflow", msp, name)


def finding_id(check: str, subject: UUID) -> UUID:
    """A finding is what one check says of one subject: its fingerprint."""
    return derive("finding", check, subject)
