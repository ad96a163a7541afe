"""What all drills stand on: a calm demo that stays, an authority for certificates, Apache Kafka, and events."""
import json
import os
import re
import signal
import subprocess
import time

import yaml

from drills.apple import certify
from drills.kafka import Kafka

DEV = os.environ["AUTOSIGNIN_DEV"]


def until(condition, bound, problem):
    end = time.monotonic() + bound
    while not (found := condition()):
        assert time.monotonic() < end, problem() if callable(problem) else problem
        time.sleep(0.2)
    return found


class Demo:
    """A calm demo that is kept: its broker with 200 events in account-events, its Apple, its configuration."""

    def __init__(self, folder):
        self.log = folder / "demo.log"
        self.process = subprocess.Popen([DEV, "demo", "--calm", "--keep", "--seconds", "5", "--events", "200"],
                                        stdout=self.log.open("w"), stderr=subprocess.STDOUT)

    def wait_until_kept(self):
        until(lambda: "Everything keeps running" in self.log.read_text() or self.process.poll() is not None, 60, "no demo")
        found = re.search(r"^ *config +(\S+)", self.log.read_text(), re.M)
        assert found, self.log.read_text()[-2000:]
        with open(found[1]) as file:
            self.config = yaml.safe_load(file)
        self.key = os.path.join(os.path.dirname(found[1]), "app.p8")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


class World:
    """What all drills share: a demo, and beside it Apache Kafka."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.authority = certify(folder / "authority")
        self.demo, self.kafka = Demo(folder), None
        try:
            self.kafka = Kafka(folder / "kafka", self.authority, os.getpid())
            self.demo.wait_until_kept()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        try:
            if self.kafka:
                self.kafka.stop()
        finally:
            self.demo.stop()


def values(prefix, count):
    return [f"{prefix}-{at}" for at in range(count)]


def send(bootstrap, topic, *events):
    """Each with its account as the key. Events are (account, CloudEvent)."""
    lines = "".join(f"{account}\t{json.dumps(event)}\n" for account, event in events)
    subprocess.run(["kcat", "-b", bootstrap, "-P", "-t", topic, "-K", "\t", "-H", "content-type=application/cloudevents+json"],
                   input=lines, text=True, check=True)


def event(kind, account, data, age=0):
    return account, {"specversion": "1.0", "id": f"{account}-{time.monotonic_ns()}", "source": "/accounts", "type": kind,
                     "subject": account, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age)), "data": data}


def password_changed(app, *values, age=0):
    """An account each, whose value Apple is to forget."""
    return [event("account.password-changed.v1", f"account-{value}",
                  {"app": app, "sign_in_tokens": [{"value": value, "replacement": f"new-{value}"}]}, age) for value in values]


def invalid(account):
    return event("account.deleted.v1", account, {})
