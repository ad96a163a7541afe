"""CloudEvents' own SDK for Python reads what we show and write, and what it writes is an event for the worker.

Run by tests/contract/run:  python sdk.py SOURCE_DIR WORKER
"""
import json
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka, to_binary, to_structured
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

source, worker = Path(sys.argv[1]), sys.argv[2]
examples = source / "schemas/examples"
form = JSONFormat()
failures = 0

# Valid events that an emitter with this SDK cannot make: the worker is more lenient than the SDK.
NOT_FOR_THE_SDK = {
    "opted-out--cloudevents-json-suffix.json": "it knows JSON media types in lower case alone",
    "password-changed--malformed-traceparent-is-ignored.json": "the traceparent is a number, in a header a text",
    "password-changed--null-attribute-is-absent.json": "it refuses null, which CloudEvents allows for absent",
    "password-changed--unknown-members-pass.json": "names of attributes that CloudEvents does not allow",
}


def check(what, problem):
    global failures
    if problem:
        failures += 1
        print(f"FAILED  {what}\n        {problem}")


def by_subject(event):
    return event.get_subject()


def said(event):
    """What a reader has in hand: attributes (the time as an instant) and data, without the key's echo."""
    attributes = {name: value for name, value in event.get_attributes().items() if name != "partitionkey"}
    return attributes, event.get_data()


def wanted(document):
    attributes = {name: value for name, value in document.items() if name != "data" and value is not None}
    attributes["time"] = datetime.fromisoformat(attributes["time"])
    return attributes, document["data"]


def read(path):
    """The example in structured mode as the SDK sees it, and whether both modes say what the file says."""
    text = path.read_bytes()
    document = json.loads(text)
    key = document.get("subject", "a key").encode()
    event = from_kafka(KafkaMessage({"content-type": b"application/cloudevents+json"}, key, text), form)
    again = from_kafka(to_binary(event, form, by_subject), form)
    return event, [said(each) for each in (event, again) if said(each) != wanted(document)]


def refused(path):
    try:
        return read(path)[1] != []
    except CloudEventValidationError:
        return True


def explain(what, message):
    """The worker must find the event valid and know the key as its subject; returns what it would do."""
    command = [worker, "explain", "-", "--format", "json", "--key", message.key or ""]
    for name, value in message.headers.items():
        command += ["--header", f"{name}={value.decode()}"]
    ended = subprocess.run(command, input=message.value, capture_output=True, check=False)
    check(what, None if ended.returncode == 0 else (ended.stdout + ended.stderr).decode())
    explained = json.loads(ended.stdout) if ended.returncode == 0 else {}
    check(f"{what}: the key is the subject", None if explained.get("key_is_subject") else explained)
    return [(c["action"], c["pointer"]) for c in explained.get("commands", [])]


def types_of_events():
    names = [path.name.removesuffix(".schema.json") for path in (source / "schemas").glob("*.schema.json")]
    return sorted(name for name in names if not name.startswith("autosignin."))


def written_anew(kind, shown):
    """An event as the account system would make it with the SDK, with the data of an example."""
    return CloudEvent(
        {"id": "sdk-1", "source": "/accounts", "type": kind, "specversion": "1.0", "subject": "account-7f3a",
         "time": datetime.now(timezone.utc), "datacontenttype": "application/json"}, shown)


count = 0
data_of = {}
for path in sorted(examples.glob("valid/*.json")):
    if path.name in NOT_FOR_THE_SDK:
        check(path.name, None if refused(path) else "the SDK takes it now: take it off the list of what it does not")
        continue
    event, problems = read(path)
    check(path.name, problems)
    data_of.setdefault(event.get_type(), event.get_data())
    plans = [explain(f"{path.name}, {mode.__name__}", mode(event, form, by_subject))
             for mode in (to_structured, to_binary)]
    check(f"{path.name}: both modes ask for the same", None if plans[0] == plans[1] else plans)
    count += 1
for path in sorted([*examples.glob("receipts/*.json"), *examples.glob("audit/*.json")]):
    check(path.name, read(path)[1])
    count += 1
for kind in types_of_events():
    check(f"{kind} has an example", None if kind in data_of else "none in schemas/examples/valid")
    for mode in (to_structured, to_binary):
        if kind in data_of:
            explain(f"a new {kind}, {mode.__name__}", mode(written_anew(kind, data_of[kind]), form, by_subject))
print(f"{'FAILED' if failures else 'ok    '}  cloudevents for Python: {count} examples, receipts and audit records "
      f"read in both modes; {len(types_of_events())} types written")
sys.exit(1 if failures else 0)
