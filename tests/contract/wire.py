"""Over the wire: CloudEvents' SDK for Python makes events, a worker takes them from Kafka, and the SDK reads the receipts and
dead letters that it wrote there.

    python wire.py SOURCE_DIR DEV_PROGRAM WRITTEN      WRITTEN: a file for what was read, which sdk.mjs reads too
"""
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

source, dev, written = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
form = JSONFormat()
BOUND_S = 60


def until(condition, what):
    end = time.monotonic() + BOUND_S
    while not (found := condition()):
        if time.monotonic() > end:
            sys.exit(f"FAILED  over the wire: {what}")
        time.sleep(0.2)
    return found


def event(name, kind, data):
    return CloudEvent({"id": name, "source": "/sdk", "type": kind, "specversion": "1.0", "subject": "account-of-the-sdk",
                       "time": datetime.now(timezone.utc), "datacontenttype": "application/json"}, data)


def send(broker, folder, message):
    value = folder / "value"
    value.write_bytes(message.value)
    headers = [part for name, text in message.headers.items() for part in ("-H", f"{name}={text.decode()}")]
    subprocess.run(["kcat", "-b", broker, "-P", "-t", "account-events", "-k", message.key, *headers, value], check=True)


def take(broker, topic):
    """All messages of a topic that speak of the SDK's account."""
    lines = subprocess.run(["kcat", "-b", broker, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J"],
                           capture_output=True, check=True, text=True).stdout.splitlines()
    messages = [json.loads(line) for line in lines]
    return [{"topic": topic, "key": each["key"], "value": each["payload"],
             "headers": dict(zip(each["headers"][::2], each["headers"][1::2]))}
            for each in messages if each["key"] == "account-of-the-sdk"]


def read(message):
    headers = {name: text.encode() for name, text in message["headers"].items()}
    return from_kafka(KafkaMessage(headers, message["key"].encode(), message["value"].encode()), form)


with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    log = folder / "demo.log"
    demo = subprocess.Popen([dev, "demo", "--calm", "--keep", "--seconds", "5", "--events", "100"], stdout=log.open("w"),
                            stderr=subprocess.STDOUT)
    try:
        until(lambda: "Everything keeps running" in log.read_text() or demo.poll() is not None, "no demo")
        found = re.search(r"broker +(\S+)", log.read_text())
        broker = found[1] if found else sys.exit(f"FAILED  over the wire: {log.read_text()[-1000:]}")
        opted_out = {"app": "app-0", "sign_in_tokens": [{"value": "tkn-of-the-sdk"}]}
        sent = {}
        for mode in (to_structured, to_binary):
            for kind, data in (("account.opted-out.v1", opted_out), ("account.renamed.v1", {"of": "no meaning here"})):
                made = event(f"{mode.__name__}-{kind}", kind, data)
                sent[made.get_id()] = made
                send(broker, folder, mode(made, form, lambda each: each.get_subject()))
        messages = until(lambda: (all_of_them := [*take(broker, "autosignin-receipts"), *take(broker, "account-events.dead-letters")])
                         and len(all_of_them) >= len(sent) and all_of_them, "four events, and no four answers")
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(BOUND_S)

written.write_text(json.dumps(messages))
problems = []
answered = set()
for message in messages:
    event_read = read(message)
    if message["topic"] == "autosignin-receipts":
        if event_read.get_type() != "autosignin.command.completed.v1" or event_read.get_subject() != "account-of-the-sdk":
            problems.append(f"no receipt: {event_read.get_attributes()}")
        answered.add(event_read.get_data()["event"]["id"])
    else:
        # Byte for byte what the SDK made, with more headers.
        made = sent[event_read.get_id()]
        if event_read.get_data() != made.get_data() or event_read.get_type() != made.get_type():
            problems.append(f"another event: {event_read.get_attributes()} {event_read.get_data()}")
        answered.add(event_read.get_id())
if answered != set(sent):
    problems.append(f"not answered: {set(sent) - answered}")
for problem in problems:
    print(f"FAILED  over the wire: {problem}")
print(f"{'FAILED' if problems else 'ok    '}  over the wire: {len(sent)} events of the SDK taken in both modes, "
      f"{len(messages)} receipts and dead letters read by it")
sys.exit(1 if problems else 0)
