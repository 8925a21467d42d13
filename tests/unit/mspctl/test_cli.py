"""A person's mistakes are one line that says what to do."""

from __future__ import annotations

import pytest
from typer.main import get_command

from mspctl.cli import app, invoke


@pytest.fixture(autouse=True)
def _no_fleet(monkeypatch, tmp_path):
    for name in ("MSPBYTE_DATABASE_URL", "MSPBYTE_DATABASE_PASSWORD_FILE", "MSPBYTE_KEK_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MSPBYTE_DIR", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)


def commands():
    found = []

    def walk(command, path):
        if hasattr(command, "commands"):
            for name, inner in command.commands.items():
                walk(inner, [*path, name])
        else:
            found.append((" ".join(path), command))

    walk(get_command(app), [])
    return dict(found)


def test_the_commands_are_these():
    assert sorted(commands()) == [
        "account clients",
        "account exclude",
        "account list",
        "account map",
        "account resources",
        "account resume",
        "account suggest",
        "action approve",
        "action list",
        "action mode",
        "action reject",
        "action retry",
        "action show",
        "backup",
        "bench",
        "bootstrap",
        "budget list",
        "check except",
        "check exceptions",
        "check list",
        "check run",
        "check set",
        "check show",
        "check try",
        "check unexcept",
        "check unset",
        "client group add",
        "client group join",
        "client group leave",
        "client group list",
        "connection add",
        "connection list",
        "connection set-secret",
        "connection test",
        "dead discard",
        "dead list",
        "dead replay",
        "dead show",
        "demo",
        "drift accept",
        "drift list",
        "entity history",
        "entity show",
        "finding ack",
        "finding comment",
        "finding list",
        "finding reopen",
        "finding resolve",
        "finding show",
        "finding suppress",
        "job backfill",
        "job explain",
        "job list",
        "job pause",
        "job resume",
        "job run",
        "job set",
        "job show",
        "keys drop",
        "keys list",
        "keys new",
        "keys rotate",
        "link clear",
        "link confirm",
        "link list",
        "link pin",
        "link reject",
        "link show",
        "link unmerge",
        "msp add",
        "msp list",
        "msp remove",
        "msp weight",
        "nats-conf",
        "operate",
        "quality list",
        "quarantine list",
        "quarantine replay",
        "rebuild cancel",
        "rebuild status",
        "reconcile coverage",
        "reconcile people",
        "reconcile rule check",
        "reconcile rule export",
        "reconcile rule list",
        "reconcile rule remove",
        "reconcile rule schema",
        "reconcile rule set",
        "reconcile show",
        "report kinds",
        "report list",
        "report make",
        "report schedule add",
        "report schedule list",
        "report schedule remove",
        "report show",
        "report write",
        "restore",
        "run list",
        "run show",
        "secrets",
        "sku refresh",
        "status",
        "up",
        "why",
        "workflow apply",
        "workflow check",
        "workflow list",
        "workflow remove",
        "workflow show",
        "workflow try",
    ]


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_speaks_json_and_says_what_it_is(name):
    command = commands()[name]
    assert "as_json" in [parameter.name for parameter in command.params]
    assert command.help


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "No such command"),
        (["run", "show"], "Missing argument"),
        (["run", "show", "zebra"], "not the id of a run"),
        (["run", "list", "--state", "gone"], "there is no state 'gone'"),
        (["bench", "speed_of_light"], "there is no figure 'speed_of_light'"),
        (["demo", "--clients", "many"], "a valid integer"),
        (["up", "--service", "svc_cook"], "there is no service 'svc_cook'"),
        (["up", "--replicas", "svc_linkers"], "is not SERVICE=N"),
        (["msp", "list"], "no fleet runs in"),
        (["status"], "no fleet runs in"),
        (["dead", "discard", "1"], "needs --reason"),
        (["rebuild"], "say what to derive from"),
        (["rebuild", "--from", "rumours"], "say what to derive from"),
        (["connection", "add", "m365", "X", "--setting", "colour"], "is not NAME=VALUE"),
        (["connection", "add", "m365", "X"], "--secret-file"),
        (["bootstrap", "--secrets", "nowhere"], "MSPBYTE_DATABASE_URL is not set"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, said, capsys):
    assert invoke(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("mspctl: ")
    assert captured.err.count("\n") == 1
    assert said in captured.err
    assert captured.out == ""


def test_a_database_that_is_down_is_one_line_and_exit_code_1(monkeypatch, capsys):
    monkeypatch.setenv("MSPBYTE_DATABASE_URL", "postgresql://mspctl:hidden@127.0.0.1:1/mspbyte")
    assert invoke(["msp", "list"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("mspctl: the database at 127.0.0.1:1 does not answer")
    assert said.count("\n") == 1
    assert "hidden" not in said


def test_help_is_no_mistake(capsys):
    assert invoke(["--help"]) == 0
    assert "connection" in capsys.readouterr().out
