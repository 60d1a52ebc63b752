"""The example of a UI bridge: what it takes for a YAML of fields, its messages, and rovictl as its source."""

import copy
import subprocess
import sys

import pytest
import yaml

from examples.ui_bridge.ui_bridge import (
    BadFields,
    SourceEnded,
    StatusFields,
    compiled,
    for_rovictl,
    from_rovictl,
    read_fields,
)
from harness.fake import TOP

EXAMPLE = TOP / "examples/ui_bridge/ui_fields.yaml"
SERVICE = {"id": "s", "type": "text", "source": {"provider": "system", "type": "service", "service": "rovi-nav"}}
PROCESS = {"id": "p", "type": "text", "source": {"provider": "system", "type": "process", "process": "node"}}
FLOAT = {"id": "f", "unit": "V", "min": 20, "source": {"provider": "topic"}}


@pytest.fixture
def read(tmp_path):
    """A function: reads the fields of a list of entries."""

    def read(*entries):
        file = tmp_path / "fields.yaml"
        file.write_text(yaml.safe_dump({"streams": {"status": {"fields": [*entries]}}}))
        return read_fields(file)

    return read


def but(entry, **changes):
    """entry with other values; None takes a key away; source_KEY is one of its source."""
    entry = copy.deepcopy(entry)
    for key, value in changes.items():
        where, key = (entry["source"], key[7:]) if key.startswith("source_") else (entry, key)
        where.pop(key, None)
        if value is not None:
            where[key] = value
    return entry


def presence(message):
    """The fields of a message that are on the wire, by name."""
    return {descriptor.name: value for descriptor, value in message.ListFields()}


def test_the_example(read):
    fields = read_fields(EXAMPLE)
    assert [(field.id, field.type) for field in fields] == [
        ("svc_gateway", "text"),
        ("svc_nav", "text"),
        ("proc_nav_controller", "text"),
        ("battery", "float"),
    ]
    assert [for_rovictl(field) for field in fields if field.system] == [
        "svc_gateway=service:rovi-gateway",
        "svc_nav=service:rovi-nav",
        "proc_nav_controller=process:controller_server@rovi-nav",
    ]
    assert for_rovictl(read(PROCESS)[0]) == "p=process:node"


def test_metas_have_what_the_yaml_has_and_no_more():
    metas = [presence(meta) for meta in StatusFields(read_fields(EXAMPLE)).metas]
    assert metas[1] == {"id": "svc_nav", "type": "text"}
    assert metas[3] == {
        "id": "battery",
        "label": "Battery",
        "unit": "V",
        "min": 20.0,
        "max": pytest.approx(29.4),
        "target": pytest.approx(25.6),
    }


def test_a_value_is_a_float_or_a_text(read):
    status = StatusFields(read(SERVICE, FLOAT))
    assert status.values == {}
    assert presence(status.set_float("f", 0)) == {"id": "f", "value": 0.0}  # there, though 0
    assert presence(status.set_text("s", "active")) == {"id": "s", "text": "active"}
    assert {id: presence(value) for id, value in status.values.items()} == {
        "f": {"id": "f", "value": 0.0},
        "s": {"id": "s", "text": "active"},
    }
    for wrong in (
        lambda: status.set_float("s", 1),
        lambda: status.set_text("f", "x"),
        lambda: status.set_text("x", "x"),
    ):
        with pytest.raises(KeyError):
            wrong()
    wire = compiled().StatusFieldValue.FromString(status.values["s"].SerializeToString())
    assert wire.text == "active" and not wire.HasField("value")


@pytest.mark.parametrize(
    "entry, words",
    [
        ("text", "is not a mapping"),
        (but(SERVICE, id=None), "has no id"),
        (but(SERVICE, id=7), "has no id"),
        (but(SERVICE, type="string"), "type is float or text, not string"),
        (but(SERVICE, type=None), "a float field needs a unit"),
        (but(SERVICE, type=None, unit="V"), "services and processes are text: add type: text"),
        (but(SERVICE, label=[1]), "label is a text"),
        (but(SERVICE, unit="V"), "a text field has no unit"),
        (but(SERVICE, min=0, max=1), "a text field has no max, min"),
        (but(SERVICE, target=0), "a text field has no target"),
        (but(SERVICE, source=None), "a text field needs a source with provider: system"),
        (but(SERVICE, source_provider="topic"), "a text field needs a source with provider: system"),
        (but(SERVICE, source_type="topic"), "source.type is service or process, not topic"),
        (but(SERVICE, source_type=["service"]), "source.type is service or process"),
        (but(SERVICE, source_service=None), "source.service is missing"),
        (but(SERVICE, source_service="rovi-nav.service"), "source.service is a name like rovi-nav, without .service"),
        (but(SERVICE, source_service="nav"), "source.service is a name like rovi-nav"),
        (but(SERVICE, source_process="node"), "a source of type service has no process"),
        (but(PROCESS, source_process=None), "source.process is missing"),
        (but(PROCESS, source_service=""), "source.service is a name like rovi-nav"),
        (but(FLOAT, unit=None), "a float field needs a unit"),
        (but(FLOAT, unit=1), "a float field needs a unit"),
        (but(FLOAT, min="20"), "min is a number"),
        (but(FLOAT, target=True), "target is a number"),
        (but(FLOAT, targt=1), "a float field has no targt"),
    ],
)
def test_a_field_that_is_refused(read, entry, words):
    with pytest.raises(BadFields, match=f"field 2.*{words}"):
        read(FLOAT, entry)


def test_a_file_that_is_refused(read, tmp_path):
    with pytest.raises(BadFields, match="two fields have the id s"):
        read(SERVICE, but(FLOAT, id="s"))
    for text, words in (
        ("streams: {status: {}}", "no streams.status.fields"),
        ("", "no streams.status.fields"),
        ("a: [", "while parsing"),
        ("streams: {status: {fields: {id: x}}}", "is not a list"),
    ):
        (tmp_path / "x.yaml").write_text(text)
        with pytest.raises(BadFields, match=words):
            read_fields(tmp_path / "x.yaml")


def test_rovictl_feeds_it(robot):
    fields = read_fields(EXAMPLE)
    status = StatusFields(fields)
    # With a limit: where nothing more comes, the source ends, and the test.
    source = from_rovictl(fields, ("timeout", "--foreground", "30", *robot.argv([])), env=robot.env)
    values = status.feed(source)
    assert [presence(next(values)) for _ in range(3)] == [
        {"id": "svc_gateway", "text": "active"},
        {"id": "svc_nav", "text": "inactive"},
        {"id": "proc_nav_controller", "text": "missing"},
    ]
    status.set_float("battery", 24.5)
    robot.set("nav", ActiveState="failed", SubState="failed")
    assert presence(next(values)) == {"id": "svc_nav", "text": "failed"}
    assert {id: value.text or value.value for id, value in status.values.items()} == {
        "svc_gateway": "active",
        "svc_nav": "failed",
        "proc_nav_controller": "missing",
        "battery": 24.5,
    }
    source.close()  # rovictl ends with it


def test_a_source_that_ends_says_why(robot, read):
    with pytest.raises(
        SourceEnded, match=r"no service is named rovi-navv: did you mean rovi-nav\? \(known: rovi-gateway"
    ):
        list(from_rovictl(read(but(SERVICE, source_service="rovi-navv")), robot.argv([]), env=robot.env))
    with pytest.raises(SourceEnded, match="--field takes ID="):
        list(from_rovictl(read(but(SERVICE, id="a b")), robot.argv([]), env=robot.env))
    assert list(from_rovictl(read(FLOAT), ["/nonexistent"])) == []  # nothing to ask


def test_the_program_prints_the_messages_and_says_why_it_ends(robot):
    program = [sys.executable, TOP / "examples/ui_bridge/ui_bridge.py"]
    done = subprocess.run(
        [*program, EXAMPLE, "timeout", "3", *robot.argv([])], env=robot.env, capture_output=True, text=True, timeout=40
    )
    assert done.returncode == 1 and done.stderr == "ui_bridge: rovictl watch has ended with 124\n", done
    assert [line.split("{")[0] for line in done.stdout.splitlines()] == ["StatusFieldMeta "] * 4 + [
        "StatusFieldValue "
    ] * 3
    assert 'StatusFieldValue { id: "svc_nav" text: "inactive" }' in done.stdout.replace("  ", " ")
    done = subprocess.run([*program, "/nonexistent"], capture_output=True, text=True, timeout=40)
    assert done.returncode == 1 and "No such file" in done.stderr and "Traceback" not in done.stderr, done
