"""An example of a UI bridge's status fields: reads them from its YAML, feeds the text fields from the
executor, and fills protobuf messages (ui_status.proto).

usage: ui_bridge.py FIELDS.yaml [COMMAND...]    COMMAND: as in `rovictl -H robot1`; else the executor's socket

Prints each message. A *source* is all that a bridge knows of the robot: an iterator of changes, each
{"id": …, "type": "text", "text": …}, that first has every system field once. `from_executor` is one, for
a bridge on the robot; `from_rovictl` is another, for one elsewhere.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import varlink
import yaml

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent.parent / ".cache"
FLOAT_KEYS = ("min", "max", "target")
SYSTEM_KEYS = {"service": {"service"}, "process": {"process", "service"}}


class BadFields(ValueError):
    """The YAML is not as it should be; the message says where."""


class SourceEnded(RuntimeError):
    """A source has ended without being asked to; what is shown is no longer kept up to date."""


# ---- the YAML


@dataclass(frozen=True)
class Field:
    """A status field. system: for text fields, what to ask of the executor: `type`, `service`, `process`."""

    id: str
    type: str = "float"
    label: str | None = None
    unit: str | None = None
    min: float | None = None
    max: float | None = None
    target: float | None = None
    system: dict | None = None


def need(true, text):
    if not true:
        raise BadFields(text)


def read_fields(path):
    """The fields of a YAML file; raises BadFields."""
    try:
        document = yaml.safe_load(Path(path).read_text())
    except yaml.YAMLError as error:
        raise BadFields(f"{path}: {error}") from error
    for key in ("streams", "status", "fields"):
        need(isinstance(document, dict) and key in document, f"{path}: there is no streams.status.fields")
        document = document[key]
    need(isinstance(document, list), f"{path}: streams.status.fields is not a list")
    fields = [read_field(entry, f"{path}: field {number}") for number, entry in enumerate(document, 1)]
    ids = [field.id for field in fields]
    for field in fields:
        need(ids.count(field.id) == 1, f"{path}: two fields have the id {field.id}")
    return fields


def read_field(entry, where):
    """The Field of an entry of the list."""
    need(isinstance(entry, dict), f"{where} is not a mapping")
    need(is_text(entry.get("id")), f"{where} has no id")
    where = f"{where} ({entry['id']})"
    kind = entry.get("type", "float")
    need(kind in ("float", "text"), f"{where}: type is float or text, not {kind}")
    need("label" not in entry or is_text(entry["label"]), f"{where}: label is a text")
    known = {"id", "type", "label", "source"} | ({"unit", *FLOAT_KEYS} if kind == "float" else set())
    need(
        not entry.keys() - known, f"{where}: a {kind} field has no {', '.join(sorted(map(str, entry.keys() - known)))}"
    )
    common = {"id": entry["id"], "type": kind, "label": entry.get("label")}
    if kind == "text":
        return Field(**common, system=read_system(entry.get("source"), where))
    need(isinstance(entry.get("unit"), str), f"{where}: a float field needs a unit")
    need(source_provider(entry) != "system", f"{where}: services and processes are text: add type: text")
    limits = {key: entry[key] for key in FLOAT_KEYS if key in entry}
    for key, value in limits.items():
        need(isinstance(value, (int, float)) and not isinstance(value, bool), f"{where}: {key} is a number")
    return Field(**common, unit=entry["unit"], **limits)


def source_provider(entry):
    return entry["source"].get("provider") if isinstance(entry.get("source"), dict) else None


def read_system(source, where):
    """The source of a text field without its provider."""
    need(
        isinstance(source, dict) and source.get("provider") == "system",
        f"{where}: a text field needs a source with provider: system",
    )
    kind = source.get("type")
    need(isinstance(kind, str) and kind in SYSTEM_KEYS, f"{where}: source.type is service or process, not {kind}")
    need(is_text(source.get(kind)), f"{where}: source.{kind} is missing")
    wrong = source.keys() - SYSTEM_KEYS[kind] - {"provider", "type"}
    need(not wrong, f"{where}: a source of type {kind} has no {', '.join(sorted(map(str, wrong)))}")
    service = source.get("service", "rovi-")
    need(
        is_text(service) and service.startswith("rovi-") and "." not in service,
        f"{where}: source.service is a name like rovi-nav, without .service",
    )
    return {key: value for key, value in source.items() if key != "provider"}


def is_text(value):
    return isinstance(value, str) and value != ""


# ---- sources


def from_rovictl(fields, command=("rovictl",), **options):
    """A source: the changes that `rovictl watch` streams, until the generator is closed. options: for Popen."""
    arguments = [word for field in fields if field.system for word in ("--field", for_rovictl(field))]
    if not arguments:
        return
    process = subprocess.Popen(
        [*command, "watch", "--json", "--until-eof", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    try:
        for line in process.stdout:
            yield json.loads(line)
        raise SourceEnded(process.stderr.read().strip() or f"rovictl watch has ended with {process.wait()}")
    finally:
        process.communicate()  # closes its standard input, at which it ends


def from_executor(fields, client=None):
    """A source: the changes that the executor streams, until the generator is closed. client: a varlink.Client."""
    wanted = [for_rovictl(field) for field in fields if field.system]
    if not wanted:
        return
    client = client or varlink.Client.new_with_address("unix:/run/org.rovi.Executor")
    with client, client.open("org.rovi.Executor", namespaced=False) as executor:
        try:
            yield from executor.WatchFields(wanted, _more=True)
        except (varlink.VarlinkError, ConnectionError) as error:
            raise SourceEnded(str(error)) from error
    raise SourceEnded("the executor has ended the connection")


def for_rovictl(field):
    """A field with a system source in the words of `rovictl watch --field`."""
    system = field.system
    scope = f"@{system['service']}" if system["type"] == "process" and "service" in system else ""
    return f"{field.id}={system['type']}:{system[system['type']]}{scope}"


# ---- messages


def compiled(proto=HERE / "ui_status.proto"):
    """The module that protoc makes of a .proto file; it is kept in .cache, by the file's digest."""
    module = CACHE / f"proto-{sha256(proto.read_bytes()).hexdigest()[:12]}" / f"{proto.stem}_pb2.py"
    if not module.exists():
        from grpc_tools import protoc

        CACHE.mkdir(exist_ok=True)
        made = tempfile.mkdtemp(dir=CACHE)
        if protoc.main(["protoc", f"--proto_path={proto.parent}", f"--python_out={made}", str(proto)]):
            raise RuntimeError(f"protoc cannot compile {proto}")
        module.parent.mkdir(exist_ok=True)
        os.replace(Path(made) / module.name, module)  # others may be making it, too
        Path(made).rmdir()
    spec = importlib.util.spec_from_file_location(module.stem, module)
    spec.loader.exec_module(found := importlib.util.module_from_spec(spec))
    return found


class StatusFields:
    """The status fields of a UI: their metas, and the latest value of each that has one, by id."""

    def __init__(self, fields):
        self._messages = compiled()
        self._types = {field.id: field.type for field in fields}
        self.metas = [self._meta(field) for field in fields]
        self.values = {}

    def _meta(self, field):
        meta = self._messages.StatusFieldMeta(id=field.id)
        for key in ("label", "unit", *FLOAT_KEYS):
            if getattr(field, key) is not None:
                setattr(meta, key, getattr(field, key))
        if field.type != "float":  # float is what a meta without type is: as before there were others
            meta.type = field.type
        return meta

    def set_float(self, id, value):
        """For whoever has the topic of a float field: its new StatusFieldValue."""
        return self._set(id, "float", value=value)

    def set_text(self, id, text):
        return self._set(id, "text", text=text)

    def _set(self, id, type, **content):
        if self._types.get(id) != type:
            raise KeyError(f"no {type} field has the id {id}")
        self.values[id] = self._messages.StatusFieldValue(id=id, **content)
        return self.values[id]

    def feed(self, source):
        """Takes the changes of a source; yields the StatusFieldValue of each."""
        for change in source:
            yield self.set_text(change["id"], change["text"])


def main(path, *command):
    fields = read_fields(path)
    status = StatusFields(fields)
    for meta in status.metas:
        print(f"StatusFieldMeta {{ {meta} }}".replace("\n", " "), flush=True)
    for value in status.feed(from_rovictl(fields, command) if command else from_executor(fields)):
        print(f"StatusFieldValue {{ {value} }}".replace("\n", " "), flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        pass
    except (BadFields, SourceEnded, OSError) as error:
        sys.exit(f"ui_bridge: {error}")
