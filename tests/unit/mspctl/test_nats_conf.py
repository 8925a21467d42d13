"""Who may do what on NATS."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from mspbyte_common.jetstream.topology import CONSUMERS, STAGES
from mspctl.embedded import nats_conf
from mspctl.embedded.nats_conf import PULLS, USERS, permissions
from mspctl.embedded.roster import SERVICES


def test_every_service_is_a_user():
    assert {member.name for member in SERVICES} <= set(USERS)


def test_every_consumer_is_pulled_by_exactly_one_service():
    pulled = [consumer for consumers in PULLS.values() for consumer in consumers]
    assert sorted(pulled) == sorted(consumer.name for consumer in CONSUMERS)


@pytest.mark.parametrize("service", [member.name for member in SERVICES])
def test_a_service_subscribes_its_own_inbox_and_an_adapter_its_vendors_pauses(service):
    pauses = [f"limits.paused.{service.removeprefix('svc_adapter_')}"] if service.startswith("svc_adapter_") else []
    assert permissions(service).subscribe == (f"_INBOX_{service}.>", *pauses)
    assert [subject for subject in permissions(service).publish if subject.startswith("limits")] == pauses


@pytest.mark.parametrize("service", [member.name for member in SERVICES])
def test_no_service_may_change_streams(service):
    assert not [subject for subject in permissions(service).publish if "CREATE" in subject or subject in {">", "$JS.>"}]


def test_an_adapter_pulls_its_own_consumer_and_no_other():
    api = [subject for subject in permissions("svc_adapter_m365").publish if subject.startswith("$JS")]
    assert api == [
        "$JS.API.CONSUMER.MSG.NEXT.JOBS.adapter-m365",
        "$JS.API.CONSUMER.INFO.JOBS.adapter-m365",
        "$JS.ACK.JOBS.adapter-m365.>",
    ]


@pytest.mark.parametrize(
    ("service", "stages"),
    [
        ("svc_adapter_sophos", ("process", "evaluate")),
        ("svc_adapter_autotask", ("process", "evaluate", "ticket")),
        ("svc_processors", STAGES),
        ("svc_linkers", STAGES[STAGES.index("link") :]),
        ("svc_workers", STAGES[STAGES.index("evaluate") :]),
    ],
)
def test_a_stage_announces_its_own_work_and_what_follows(service, stages):
    published = [subject for subject in permissions(service).publish if subject.startswith("stage.")]
    assert published == [f"stage.{stage}.>" for stage in STAGES if stage in stages]


def test_only_the_scheduler_announces_runs():
    assert [user for user in USERS if "jobs.>" in permissions(user).publish] == ["svc_scheduler"]


def test_a_stranger_has_no_permissions():
    with pytest.raises(KeyError):
        permissions("svc_unknown")


def test_the_configuration_listens_on_loopback_alone():
    text = nats_conf.render(port=4222, monitor_port=8222, store=Path("/store"), password=lambda user: f"of {user}")
    conf = orjson.loads(text)
    assert (conf["listen"], conf["http"]) == ("127.0.0.1:4222", "127.0.0.1:8222")
    assert {user["user"]: user["password"] for user in conf["authorization"]["users"]}[
        "svc_linkers"
    ] == "of svc_linkers"
