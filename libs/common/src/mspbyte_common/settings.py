"""What a service is told from outside: environment variables, and files for what is secret."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Every service.

    A password never stands in an address: it comes from its file (`MSPBYTE_DATABASE_PASSWORD_FILE`).
    """

    model_config = SettingsConfigDict(env_prefix="MSPBYTE_", extra="ignore", frozen=True, use_attribute_docstrings=True)

    database_url: str
    """`postgresql://role@host:port/database`, without a password. TLS: `?sslmode=verify-full&sslrootcert=/path/ca.crt`."""
    database_password_file: Path | None = None
    """The role's password."""
    nats_url: str
    """`nats://host:port`; the name must be the certificate's, where there is one."""
    nats_user: str | None = None
    """The service's NATS user; without one, or without its password, none is named."""
    nats_password_file: Path | None = None
    """That user's password."""
    nats_ca_file: Path | None = None
    """Whose signature the broker's certificate must have. With it only TLS is spoken; the server needs `handshake_first`."""
    http_host: str = "127.0.0.1"
    """Where `/healthz`, `/readyz` and `/metrics` are served."""
    http_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    """Their port; 0 takes a free one and logs it (`http_listening`)."""
    kek_file: Path | None = None
    """The key-encryption keys: 32 bytes in base64 a line, the first one wraps. Only what reads credentials needs it."""
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)] = "INFO"
    """What is logged, one JSON object a line on standard output."""
    otlp_endpoint: str | None = None
    """Where spans are sent, as http://host:4318/v1/traces; none are recorded without it."""
    hands: Annotated[int, Field(ge=1, le=64)] = 4
    """How many pieces of work one process does at a time; the pool has two connections more."""
    shutdown_seconds: Annotated[float, Field(gt=0)] = 20.0
    """How long work in hand may last after SIGTERM."""
    fault_points: str = ""
    """For tests only: where the process kills itself, `label` or `label:pass`, by commas (`docs/fault-points.md`)."""
    fault_witness: Path | None = None
    """For tests only: a directory the fleet shares, with a file for each fault point that has had its death."""
    lifeline: bool = False
    """True: end when standard input closes, that is, when whoever started this process is gone."""

    def database(self) -> str:
        """The database's address with the password filled in."""
        return with_password(self.database_url, self.database_password_file)

    def nats_credentials(self) -> tuple[str, str] | None:
        """(user, password), or None where the broker asks for none."""
        if self.nats_user is None or self.nats_password_file is None:
            return None
        return self.nats_user, self.nats_password_file.read_text().strip()


def with_password(url: str, file: Path | None) -> str:
    """The address with the password of `file`; as it is, where there is no file."""
    if file is None:
        return url
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{parts.username or ''}:{quote(file.read_text().strip(), safe='')}@{host}"
    return urlunsplit(parts._replace(netloc=netloc))
