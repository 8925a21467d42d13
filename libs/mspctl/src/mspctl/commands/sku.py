"""`mspctl sku`: what Microsoft's products are called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mspbyte_common.errors import UsageError
from mspctl.embedded.home import Home
from mspctl.options import UP, Dir, Json
from mspctl.output import console, emit_json, show_rows
from mspctl.skus.download import MAX_BYTES, MICROSOFT, download
from mspctl.skus.names import Changes, compare, read_names, store, stored

app = typer.Typer(name="sku", help="What Microsoft's products are called.", no_args_is_help=True)


@app.callback()
def sku() -> None:
    """What Microsoft's products are called."""


@app.command()
def refresh(
    source: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="Microsoft's CSV, or where it is.", show_default="Microsoft's")
    ] = MICROSOFT,
    *,
    out: Annotated[
        Path | None, typer.Option(help="The file MSPBYTE_MICROSOFT_SKUS_FILE of svc-processors names; that of --dir.")
    ] = None,
    directory: Dir = UP,
    as_json: Json = False,
) -> None:
    """Takes over Microsoft's list of product names; licences are named by it within minutes."""
    file = out or Home(directory).skus_file
    names = read_names(download(source) if "://" in source else _read(Path(source)))
    before = stored(file)
    changes = compare(before, names)
    if names != before:
        store(file, names)
    if as_json:
        emit_json({"file": str(file), "products": len(names), **vars(changes)})
        return
    show_rows(_rows(changes), ("change", "part number", "before", "after"), as_json=False, none="Nothing changed.")
    console.print(f"{len(names)} products in {file}.")


def _read(file: Path) -> bytes:
    if not file.is_file():
        message = f"there is no file {file}: name Microsoft's CSV, or leave it out to fetch it."
        raise UsageError(message)
    if file.stat().st_size > MAX_BYTES:
        message = f"{file} has more than {MAX_BYTES} bytes: this is not the list."
        raise UsageError(message)
    return file.read_bytes()


def _rows(changes: Changes) -> list[dict[str, str | None]]:
    told: list[tuple[str | None, ...]] = [("new", one, None, name) for one, name in changes.added.items()]
    told += [("renamed", one, *names) for one, names in changes.renamed.items()]
    told += [("gone", one, name, None) for one, name in changes.removed.items()]
    return [dict(zip(("change", "part number", "before", "after"), row, strict=True)) for row in told]
