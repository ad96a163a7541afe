"""A worker of a drill: the program that ships, with a group, topics, an admin port and key files of its own."""
import contextlib
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request

import yaml

from chart import WORKER
from drills.apple import Apple
from drills.installation import names
from drills.kafka import GROUP, READ, TOPIC, WRITE
from drills.world import send, until
from live import observe

KEY = "AuthKey_2X9R4HXF34.p8"  # as the examples of the chart name it


class Worker:
    def __init__(self, world, job):
        self.world, self.job, self.port = world, job, observe.free_port()
        self.group = f"drill-{job}"
        self.folder = world.folder / job
        (self.folder / "apple").mkdir(parents=True)
        (self.folder / "exit-codes").touch()
        self.config = yaml.safe_load(yaml.safe_dump(world.demo.config))
        self.config["kafka"].update(group_id=self.group, group_instance_id=job)
        # The watch counts all letters of a topic, whoever gave up.
        self.letters = f"{job}.dead-letters"
        self.config["dead_letters"] = {"topic": self.letters}
        self.config["admin"] = {"port": self.port}
        self.config["log"] = {"format": "json"}
        self.key = self.folder / "apple" / KEY
        shutil.copy(world.demo.key, self.key)
        self.app = self.config["apps"][0]["name"]
        for app in self.config["apps"]:
            app["keys"][0]["file"] = str(self.key)
        self.bootstrap, self.topic = self.config["kafka"]["bootstrap_servers"], "account-events"
        self.process, self.apples, self.starts = None, [], 0
        self.drill = self.folder / "drill.json"
        self.drill.write_text(json.dumps({"program": WORKER, "folder": str(self.folder), "port": self.port, "names": names()}))

    # What surrounds it.

    def events_of_its_own(self):
        """Instead of the demo's: nothing is there before the drill sends it."""
        self.topic = f"{self.job}-events"
        self.config["kafka"]["topics"] = [self.topic]

    def on_apple(self, answer):
        """An Apple of its own, instead of the demo's."""
        self.apples.append(Apple(self.world.authority, answer))
        url = self.apples[-1].url
        self.config["apple"].update(transport="http1", ca_file=str(self.world.authority / "ca.pem"),
                                    endpoints={"production": url, "sandbox": url})
        return self.apples[-1]

    def on_kafka(self, *missing):
        """On Apache Kafka, with all rights but the missing ones. A right is (kind, name, operation)."""
        kafka = self.world.kafka
        self.events_of_its_own()
        receipts = f"{self.job}-receipts"
        self.config["receipts"] = {"topic": receipts}
        self.bootstrap = kafka.bootstrap
        self.config["kafka"].update(bootstrap_servers=kafka.secure, properties=kafka.properties(), session_timeout="6s")
        kafka.make(self.topic, self.letters, receipts)
        for right in [(TOPIC, self.topic, READ), (TOPIC, self.letters, READ), (TOPIC, self.letters, WRITE), (TOPIC, receipts, WRITE),
                      (GROUP, self.group, READ), (GROUP, f"{self.group}.dead-letters", READ), (GROUP, f"{self.group}.replay", READ)]:
            if right not in missing:
                kafka.grant(*right)
        return kafka

    def send(self, *events):
        send(self.bootstrap, self.topic, *events)

    @contextlib.contextmanager
    def fed(self, make, every=1.0):
        """Meanwhile `make(at)` gives events again and again."""
        over = threading.Event()

        def feed():
            at = 0
            while not over.wait(every):
                self.send(*make(at))
                at += 1
        thread = threading.Thread(target=feed, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    # The process.

    @property
    def log(self):
        return self.folder / f"worker.{self.starts}.log"

    def start(self):
        (self.folder / "worker.yaml").write_text(yaml.safe_dump(self.config))
        self.starts += 1
        self.started = time.time() - 1  # the kernel's clock is coarse
        with self.log.open("w") as log:
            self.process = subprocess.Popen([WORKER, "run", "--config", self.folder / "worker.yaml"], stderr=log)
        until(lambda: self.page("/livez"), 30, lambda: self.log.read_text()[-2000:])

    def wait_until_scraped(self):
        """Prometheus finds its targets within five seconds, and then asks each second."""
        query = f'process_start_time_seconds{{job="{self.job}"}}'

        def scraped():
            found = json.loads(self.prometheus.get("/api/v1/query", query=query))["data"]["result"]
            return found and float(found[0]["value"][1]) >= self.started
        until(scraped, 30, "Prometheus does not see the worker")

    def page(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            return None

    def counted(self, series):
        """The sum over its labels, as the worker exports it."""
        lines = (self.page("/metrics") or "").splitlines()
        return sum(float(line.split()[-1]) for line in lines if re.match(rf"{series}[{{ ]", line))

    def kill(self, how=signal.SIGKILL):
        if not self.process:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(60)
        codes = json.loads((self.folder / "exit-codes").read_text() or "[]")
        (self.folder / "exit-codes").write_text(json.dumps([*codes, self.process.returncode]))
        self.process = None

    def restart(self):
        """What a cluster does after `rollout restart`, `delete pod` or `helm upgrade`."""
        self.kill(signal.SIGTERM)
        self.start()

    def close(self):
        self.kill()
        for apple in self.apples:
            apple.stop()


def programs(folder):
    """A folder for PATH: kubectl as it is here. curl is the real one."""
    folder.mkdir()
    kubectl = folder / "kubectl"
    kubectl.write_text(f'#!/bin/sh\nexec {sys.executable} {pathlib.Path(__file__).with_name("kubectl.py")} "$@"\n')
    kubectl.chmod(0o755)
    return folder
