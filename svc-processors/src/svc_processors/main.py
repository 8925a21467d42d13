"""Wires the processors: the stage, and the product names that may change while it runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from mspbyte_common.service import Service, declare, run, stages
from mspbyte_common.settings import ServiceSettings
from svc_processors.drift import show_none
from svc_processors.process import NORMALIZERS, process
from svc_processors.skus import NAMES

log = structlog.get_logger()

LOOK_SECONDS = 15.0
"""How often the file of names is looked at: well within the minute after which a new version is walked for."""


class Settings(ServiceSettings):
    """Settings of the processors."""

    microsoft_skus_file: Path | None = None
    """What `mspctl sku refresh` writes; the shipped list counts where it is not, or not yet."""


def versions() -> dict[str, str]:
    """By what each list is derived."""
    return {f"{vendor}/{resource}": one.derivation for (vendor, resource), one in NORMALIZERS.items()}


def read_names(file: Path | None) -> bool:
    """Takes over the names of the file, the shipped ones where there is none; whether they are others than before.

    A file that is no list of names changes nothing.
    """
    before = NAMES.digest
    try:
        NAMES.use(file.read_bytes() if file is not None and file.is_file() else None)
    except (OSError, ValueError) as error:
        log.warning("sku_names_unreadable", file=str(file), error=str(error))
    return before != NAMES.digest


async def body(service: Service) -> None:
    """Does the stage, and follows the file of product names."""
    settings = service.settings
    if not isinstance(settings, Settings):
        message = "the processors run with settings of their own"
        raise TypeError(message)
    file = settings.microsoft_skus_file
    read_names(file)

    async def follow() -> None:
        while not service.draining.is_set():
            await service.sleep(LOOK_SECONDS)
            if read_names(file):
                log.info("sku_names_read", file=str(file), digest=NAMES.digest)
                await declare(service, "process", versions())

    await declare(service, "process", versions())
    await asyncio.gather(stages({"process": process})(service), follow())


def main() -> None:
    """Runs the service until it is told to stop."""
    show_none(NORMALIZERS)
    run("svc-processors", body, settings=Settings)
