"""The bill of materials names what is locked, and an audit says what it found, or that it found out nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import threading
import tomllib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BIN = sysconfig.get_path("scripts")
ADVISORY = {
    "id": "GHSA-0000",
    "summary": "bad",
    "published": "2026-01-01T00:00:00Z",
    "modified": "2026-01-01T00:00:00Z",
    "affected": [
        {
            "package": {"name": "httpx", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}


def _locked() -> set[tuple[str, str]]:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    return {(one["name"], one["version"]) for one in lock["package"] if "registry" in one["source"]}


def test_the_bill_of_materials_is_cyclonedx_and_has_every_locked_package_and_version():
    whole = (
        "--quiet",
        "--frozen",
        "--offline",
        "--all-packages",
        "--all-extras",
        "--all-groups",
        "--format",
        "cyclonedx1.5",
    )
    made = subprocess.run([f"{BIN}/uv", "export", *whole], capture_output=True, check=True, cwd=ROOT)
    document = json.loads(made.stdout)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")
    purls = {one["purl"] for one in document["components"] if "purl" in one}
    assert {f"pkg:pypi/{name}@{version}" for name, version in _locked()} <= {purl.partition("?")[0] for purl in purls}
    places = [one["bom-ref"] for one in (*document["components"], document["metadata"]["component"])]
    assert len(places) == len(set(places))
    assert {ref for one in document["dependencies"] for ref in (one["ref"], *one.get("dependsOn", ()))} <= set(places)


@pytest.fixture
def audit() -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Runs the audit against advisories of the test's own: package → what is known of it."""
    known: dict[str, list[dict[str, object]]] = {}
    asked: set[str] = set()

    class Advisories(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            name = json.loads(self.rfile.read(int(self.headers["content-length"])))["package"]["name"]
            asked.add(name)
            body = json.dumps({"vulns": known[name]} if name in known else {}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Advisories)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def run(url: str | None = None, **advisories: list[dict[str, object]]) -> subprocess.CompletedProcess[str]:
        known.update(advisories)
        env = {**os.environ, "BIN": BIN, "OSV_URL": url or f"http://127.0.0.1:{server.server_port}/"}
        ended = subprocess.run([str(ROOT / ".ci" / "audit")], capture_output=True, text=True, check=False, env=env)
        assert url or asked >= {name for name, _ in _locked()}
        return ended

    yield run
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_audit_without_findings_says_how_many_packages_it_looked_at(audit):
    ended = audit()
    assert ended.returncode == 0, ended.stderr
    assert "0 known vulnerabilities, 0 skipped" in ended.stdout


def test_a_known_vulnerability_fails_the_audit_and_names_the_fix(audit):
    ended = audit(httpx=[ADVISORY])
    assert ended.returncode == 1, ended.stderr
    assert "httpx" in ended.stdout
    assert "GHSA-0000, fixed in 99.0" in ended.stdout


def test_an_advisory_service_that_does_not_answer_is_no_clean_audit(audit):
    ended = audit(url="http://127.0.0.1:9/")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("not audited: ")


@pytest.mark.parametrize(("audited", "release", "lands"), [(0, "1", 0), (1, "0", 1), (3, "0", 0), (3, "1", 3)])
def test_what_was_not_audited_lands_and_says_so_but_is_not_released(tmp_path, audited, release, lands):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / "Makefile").write_text("install sbom compose-test check:\n\t@true\n")
    (tmp_path / ".ci" / "audit").write_text(f"#!/bin/sh\nexit {audited}\n")
    (tmp_path / ".ci" / "audit").chmod(0o755)
    ended = subprocess.run(
        [str(tmp_path / ".ci" / "run")], env={**os.environ, "RELEASE": release}, capture_output=True, check=False
    )
    assert ended.returncode == lands
    assert (b"goes on without an audit" in ended.stderr) == ((audited, release) == (3, "0"))
