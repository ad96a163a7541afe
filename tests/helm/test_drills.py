"""Runbooks, followed: a fault is injected into a worker of its own, its alert fires, the page's commands and queries are run
and tell something, the fault is mended as the page says, the alert clears.

All drills at once, under one Prometheus with the rules thirty times faster. The broker and the Apple are those of a calm demo
that is kept. What no drill injects is fired by promtool alone (alerts.yaml), or by the demo's faults (test_live.py).
"""
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request

import pytest
import yaml

from chart import WORKER
from live import observe
from test_runbooks import PAGES, blocks, commands

DEV = os.environ["AUTOSIGNIN_DEV"]


def until(condition, bound, problem):
    end = time.monotonic() + bound
    while not (found := condition()):
        assert time.monotonic() < end, problem() if callable(problem) else problem
        time.sleep(0.2)
    return found


class World:
    """A calm demo that stays: its broker, its Apple and its configuration."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        log = folder / "demo.log"
        self.demo = subprocess.Popen([DEV, "demo", "--calm", "--keep", "--seconds", "5", "--events", "200"],
                                     stdout=log.open("w"), stderr=subprocess.STDOUT)
        until(lambda: "Everything keeps running" in log.read_text() or self.demo.poll() is not None, 60, "no demo")
        found = re.search(r"^ *config +(\S+)", log.read_text(), re.M)
        assert found, log.read_text()[-2000:]
        self.config_file = found[1]
        with open(found[1]) as file:
            self.config = yaml.safe_load(file)
        self.key = os.path.join(os.path.dirname(found[1]), "app.p8")

    def send(self, key, event):
        subprocess.run(["kcat", "-b", self.config["kafka"]["bootstrap_servers"], "-P", "-t", "account-events", "-k", key,
                        "-H", "content-type=application/cloudevents+json"], input=json.dumps(event), text=True, check=True)

    def stop(self):
        self.demo.send_signal(signal.SIGINT)
        self.demo.wait(30)


class Worker:
    """One that ships, with a group, an admin port and key files of its own."""

    def __init__(self, world, job):
        self.job, self.port = job, observe.free_port()
        self.folder = world.folder / job
        self.folder.mkdir()
        self.config = yaml.safe_load(yaml.safe_dump(world.config))
        self.config["kafka"].update(group_id=f"drill-{job}", group_instance_id=job)
        self.config["admin"] = {"port": self.port}
        self.config["log"] = {"format": "json"}
        self.key = self.folder / "app.p8"
        shutil.copy(world.key, self.key)
        for app in self.config["apps"]:
            app["keys"][0]["file"] = str(self.key)
        self.process = None

    @property
    def log(self):
        return self.folder / "worker.log"

    def start(self):
        (self.folder / "worker.yaml").write_text(yaml.safe_dump(self.config))
        self.started = time.time() - 1  # the kernel's clock is coarse
        with self.log.open("a") as log:
            self.process = subprocess.Popen([WORKER, "run", "--config", self.folder / "worker.yaml"], stderr=log)
        until(lambda: self.page("/livez"), 20, lambda: self.log.read_text()[-2000:])

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

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()

    def run(self, *arguments):
        """As `kubectl exec` would, with the pod's own configuration."""
        return subprocess.run([WORKER, *arguments], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "AUTOSIGNIN_CONFIG": str(self.folder / "worker.yaml")})


def key_file(worker):
    good = worker.key.read_bytes()
    worker.start()
    yield
    worker.key.write_text("")
    yield
    worker.key.write_bytes(good)
    yield


def credential(worker):
    good = worker.key.read_bytes()
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", worker.key],
                   check=True, capture_output=True)
    yield
    worker.start()  # and reads the demo's events from the beginning
    yield
    worker.key.write_bytes(good)
    yield


def late(worker):
    """As a refused credential, and nobody reacts for long enough that other alerts follow."""
    yield from credential(worker)


def away(worker):
    good = worker.config["apple"]["endpoints"]
    worker.config["apple"]["endpoints"] = {"production": "https://localhost:1", "sandbox": "https://localhost:1"}
    yield
    worker.start()
    yield
    worker.kill()
    worker.config["apple"]["endpoints"] = good
    worker.start()
    yield


def forward(port, target):
    """A way to the broker that was not there: the addresses that it tells then are reached without it."""
    door = socket.create_server(("127.0.0.1", port))

    def pump(source, sink):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.close()

    def serve():
        while True:
            try:
                near, _ = door.accept()
            except OSError:
                return
            far = socket.create_connection(target)
            for pair in ((near, far), (far, near)):
                threading.Thread(target=pump, args=pair, daemon=True).start()
    threading.Thread(target=serve, daemon=True).start()


def brokers(worker):
    host, port = worker.config["kafka"]["bootstrap_servers"].split(",")[0].split(":")
    closed = observe.free_port()
    worker.config["kafka"]["bootstrap_servers"] = f"127.0.0.1:{closed}"
    yield
    worker.start()
    yield
    forward(closed, (host, int(port)))
    yield


def held(worker):
    worker.config["kafka"]["auto_offset_reset"] = "error"
    yield
    worker.start()
    yield
    worker.kill()
    worker.config["kafka"]["auto_offset_reset"] = "earliest"
    worker.start()
    yield


def absent(worker):
    worker.start()
    yield
    worker.wait_until_scraped()  # what Prometheus never saw is not missed here
    worker.kill()
    yield
    worker.start()
    yield


def restarting(worker):
    worker.start()
    yield
    for _ in range(4):
        worker.wait_until_scraped()
        worker.kill()
        worker.start()
    yield
    yield  # left in peace


def forged(worker):
    worker.config["sign_in_with_apple"] = {
        "endpoint": "https://localhost:1",
        "clients": [{"client_id": "com.example.tv", "team_id": "A1B2C3D4E5",
                     "keys": [{"id": "9Z8Y7X6W5V", "file": str(worker.key)}]}]}
    worker.start()
    yield
    worker.wait_until_scraped()
    worker.world.send("1", {
        "specversion": "1.0", "id": "forged-1", "source": "/apple", "type": "apple.notification.v1", "subject": "1",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "data": {"app": worker.config["apps"][0]["name"], "payload": "e30.e30.AAAA", "sign_in_tokens": []}})
    yield
    yield


def letters(worker):
    """Two hours old, which is days to rules that are faster."""
    worker.start()
    yield
    worker.wait_until_scraped()
    worker.world.send("1", {
        "specversion": "1.0", "id": f"invalid-{worker.job}", "source": "/accounts", "type": "account.deleted.v1", "subject": "1",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 7200)), "data": {}})
    yield
    done = worker.run("dead-letters", "discard", "--reason", "invalid", "--by", "drill", "--why", "made up", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    yield


# What each drill is, and what its page's `grep` has to find.
DRILLS = {
    "AutosigninKeyFileUnusable": (key_file, "credential_key_unusable"),
    "AutosigninCredentialRefused": (credential, "gate_closed"),
    "AutosigninOldestUnexecuted": (late, "gate_closed"),
    "AutosigninLagWithoutProgress": (late, None),
    "AutosigninBreakerOpen": (away, "breaker_opened"),
    "AutosigninBrokersUnreachable": (brokers, "kafka_"),
    "AutosigninNothingAssigned": (brokers, None),
    "AutosigninPartitionHeld": (held, "kafka_offset_out_of_range"),
    "AutosigninWorkerAbsent": (absent, None),
    "AutosigninRestarting": (restarting, None),
    "AutosigninNotificationsRefused": (forged, "notification_refused"),
    "AutosigninDeadLettersOpen": (letters, "dead_letters_new_kind"),
    "AutosigninDeadLettersAgeing": (letters, None),
}


class Drill(threading.Thread):
    def __init__(self, world, alert):
        super().__init__(name=alert, daemon=True)
        self.alert, (self.steps, self.finds) = alert, DRILLS[alert]
        self.worker = Worker(world, alert.removeprefix("Autosignin").lower())
        self.worker.world = world
        self.problem, self.fired, self.cleared = None, None, None

    def query(self, text):
        """A page's query, as it is, about this worker, thirty times faster."""
        text = re.sub(r"\b(autosignin_\w+|process_start_time_seconds)\b(\{)?",
                      lambda it: f'{it[1]}{{job="{self.worker.job}"' + ("," if it[2] else "}"), text.strip())
        answer = json.loads(self.prometheus.get("/api/v1/query", query=observe.faster(text)))
        return answer["data"]["result"]

    def fires(self):
        alerts = json.loads(self.prometheus.get("/api/v1/alerts"))["data"]["alerts"]
        return any(alert["state"] == "firing" and alert["labels"]["alertname"] == self.alert
                   and alert["labels"]["job"] == self.worker.job for alert in alerts)

    def follow(self):
        page = PAGES[self.alert]
        seen = 0
        first, _ = blocks(page, "promql")
        assert self.query(first), f"the first query shows nothing: {first}"
        for command in commands(page.split("## Likely causes")[0]):
            if command[0] == "grep":
                found = [line for line in self.worker.log.read_text().splitlines() if re.search(command[-1], line)]
                assert self.finds is None or any(self.finds in line for line in found), f"nothing in the log: {command[-1]}"
                seen += 1
            elif "autosignin-worker" in command:
                arguments = command[command.index("autosignin-worker") + 1:]
                done = self.worker.run(*arguments)
                assert done.returncode not in (1, 2) and (done.stdout or done.stderr), f"{arguments}: {done.stderr}"
                seen += 1
            elif command[-1].endswith("/proxy/status"):
                assert json.loads(self.worker.page("/status"))
                seen += 1
        return seen

    def run(self):
        try:
            step = self.steps(self.worker)
            next(step)
            next(step)
            start = time.monotonic()
            until(self.fires, 60, "it did not fire")
            self.fired = time.monotonic() - start
            self.follow()
            next(step)
            start = time.monotonic()
            until(lambda: not self.fires(), 150, "it did not clear")
            self.cleared = time.monotonic() - start
            _, over = blocks(PAGES[self.alert], "promql")
            until(lambda: self.query(over), 90, f"the last query does not say that it is over: {over}")
        except Exception as problem:
            self.problem = f"{type(problem).__name__}: {problem}\n{self.worker.log.read_text()[-1500:] if self.worker.log.exists() else ''}"


@pytest.fixture(scope="module")
def drills(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drills")
    with contextlib.ExitStack() as stack:
        worlds = []
        # Workers share the dead-letter topic of their broker; letters of other drills would come after the discard.
        for name in ("world", "letters"):
            worlds.append(World(folder / name))
            stack.callback(worlds[-1].stop)
        all_of_them = {alert: Drill(worlds[steps is letters], alert) for alert, (steps, _) in DRILLS.items()}
        prometheus = observe.Prometheus(folder, {it.worker.job: it.worker.port for it in all_of_them.values()},
                                        {it.name: observe.faster(it.read_text()) for it in observe.RULES})
        stack.callback(prometheus.stop)
        prometheus.wait_until_ready()
        for it in all_of_them.values():
            stack.callback(it.worker.kill)
            it.prometheus = it.worker.prometheus = prometheus
            it.start()
        for it in all_of_them.values():
            it.join(240)
        for it in all_of_them.values():
            if it.cleared is not None:
                print(f"{it.alert:34} fired after {it.fired:4.1f} s, cleared after {it.cleared:4.1f} s")
        yield all_of_them


@pytest.mark.parametrize("alert", DRILLS)
def test_the_alert_fires_its_page_helps_and_it_clears(drills, alert):
    drill = drills[alert]
    assert not drill.is_alive() and not drill.problem, drill.problem
    assert drill.fired is not None and drill.cleared is not None
