"""What a service is told from outside: environment variables, and files for what is secret."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Settings every service has, as `MSPBYTE_<NAME>`.

    A password never stands in an address: it comes from its file (`MSPBYTE_DATABASE_PASSWORD_FILE`).
    """

    model_config = SettingsConfigDict(env_prefix="MSPBYTE_", extra="ignore", frozen=True)

    database_url: str
    """postgresql://role@host:port/database"""
    database_password_file: Path | None = None
    nats_url: str
    """nats://host:port"""
    nats_user: str | None = None
    nats_password_file: Path | None = None
    nats_ca_file: Path | None = None
    """Whose signature the broker's certificate must have; with it, only TLS is spoken."""
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65_535)] = 0
    """Where /healthz, /readyz and /metrics are served; 0 picks a free port and logs it."""
    kek_file: Path | None = None
    """The key-encryption keys: 32 bytes in base64 a line, the first one wraps. Only what reads credentials needs it."""
    log_level: str = "INFO"
    otlp_endpoint: str | None = None
    """Where spans are sent, as http://host:4318/v1/traces; none are recorded without it."""
    hands: Annotated[int, Field(ge=1, le=64)] = 4
    """How many pieces of work one process does at a time."""
    shutdown_seconds: Annotated[float, Field(gt=0)] = 20.0
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
