"""`mspctl`: the operator's command. A nounless command is a function, a noun's commands are a file."""

from __future__ import annotations

import sys

import typer
from typer.exceptions import Abort, TyperException

from mspbyte_common.errors import UsageError
from mspctl.commands import (
    account,
    action,
    backup,
    bench,
    bootstrap,
    budget,
    check,
    client,
    connection,
    dead,
    demo,
    drift,
    entity,
    finding,
    job,
    keys,
    link,
    msp,
    nats_conf,
    operate,
    quality,
    quarantine,
    rebuild,
    reconcile,
    report,
    restore,
    run,
    secrets,
    sku,
    status,
    up,
    why,
    workflow,
)
from mspctl.failure import Failure

app = typer.Typer(
    name="mspctl",
    help="Runs a fleet, and shows and steers what it does.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    up.up,
    demo.demo,
    status.status,
    why.why,
    bench.bench,
    bootstrap.bootstrap,
    nats_conf.nats_conf,
    operate.operate,
    secrets.secrets,
    backup.backup,
    restore.restore,
):
    app.command()(command)
for noun in (
    msp,
    keys,
    connection,
    account,
    job,
    run,
    budget,
    entity,
    link,
    finding,
    check,
    reconcile,
    client,
    workflow,
    action,
    dead,
    quarantine,
    quality,
    drift,
    rebuild,
    report,
    sku,
):
    app.add_typer(noun.app)

INTERRUPTED = 130


def main() -> None:
    """Runs one command. An error is one line on standard error; exit code 2 for usage, 1 for failure."""
    sys.exit(invoke(sys.argv[1:]))


def invoke(arguments: list[str]) -> int:
    """Runs the command with these arguments and returns its exit code."""
    try:
        code = typer.main.get_command(app).main(arguments, prog_name="mspctl", standalone_mode=False)
    except TyperException as error:
        if not error.format_message():  # a noun without a verb: its help was printed
            return 2
        return _complain(f"{_one_line(error.format_message())} (see `{_command(error)} --help`)", error.exit_code)
    except UsageError as error:
        return _complain(str(error), 2)
    except Failure as error:
        return _complain(str(error), 1)
    except (KeyboardInterrupt, Abort):
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _complain(text: str, code: int) -> int:
    sys.stderr.write(f"mspctl: {_one_line(text)}\n")
    return code


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _command(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    return str(context.command_path) if context else "mspctl"
