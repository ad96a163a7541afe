"""A storm of 401 in real time: a worker whose key Apple does not know, and Prometheus with the rules as they are, scraping and
evaluating every 15 s as the chart's monitors ask for. It waits for minutes, so it runs beside the other tests (conftest.py).
"""
import pathlib
import re
import subprocess
import tempfile
import threading
import time
import urllib.request

import yaml

from chart import CHART, WORKER
from drills.faults.keys import new_key
from drills.world import Demo, until
from live import observe

ALERT = "AutosigninCredentialRefused"
INTERVAL = 15


class Storm(threading.Thread):
    """`seconds` from the worker's first 401 until the alert fires; or `problem`."""

    def __init__(self):
        super().__init__(name="storm", daemon=True)
        self.seconds, self.problem = None, None
        self.ended = threading.Event()

    def run(self):
        with tempfile.TemporaryDirectory(prefix="autosignin-storm-") as folder:
            self.folder, self.running = pathlib.Path(folder), []
            try:
                self.seconds = self.measure()
            except Exception as problem:
                self.problem = f"{type(problem).__name__}: {problem}"
            finally:
                for stop in reversed(self.running):
                    stop()

    def wait(self, condition, bound, problem):
        until(lambda: self.ended.is_set() or condition(), bound, problem)
        assert not self.ended.is_set(), "the tests ended"

    def measure(self):
        demo = Demo(self.folder)
        self.running.append(demo.stop)
        demo.wait_until_kept()
        config, port = demo.config, observe.free_port()
        config["kafka"].update(group_id="storm", group_instance_id="storm")
        config["admin"] = {"port": port}
        key = self.folder / "unknown.p8"
        new_key(key)
        for app in config["apps"]:
            app["keys"][0]["file"] = str(key)
        (self.folder / "worker.yaml").write_text(yaml.safe_dump(config))
        prometheus = observe.Prometheus(self.folder, {"autosignin": port},
                                        {"symptoms.yaml": (CHART / "rules" / "symptoms.yaml").read_text()}, INTERVAL)
        self.running.append(prometheus.stop)
        prometheus.wait_until_ready()
        # It reads the demo's events from the beginning.
        with (self.folder / "worker.log").open("w") as log:
            worker = subprocess.Popen([WORKER, "run", "--config", self.folder / "worker.yaml"], stderr=log)

        def stop():
            worker.terminate()
            worker.wait(60)
        self.running.append(stop)

        def refused():
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                    return re.search(rb'^autosignin_attempts_total\{answer="401"\} [1-9]', answer.read(), re.M)
            except OSError:
                return False
        self.wait(refused, 60, "no 401")
        first = time.monotonic()

        def fires():
            return any(alert["labels"]["alertname"] == ALERT for alert in prometheus.alerts_firing())
        self.wait(fires, 300, "it did not fire")
        return time.monotonic() - first
