#!/usr/bin/env python3
"""The demo under Prometheus: alerts of helm/rules fire and clear before one's eyes.

Time runs thirty times faster for the rules: "for 15m" is 30 s here, a window of 1 h is 2 min, an objective of 60 s is
2.5 s (a bucket). Everything listens on loopback alone. Standard library only; called by worker/demo --observe.
"""
import argparse
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = [ROOT / "helm" / "rules" / name for name in ("objectives.yaml", "slo.yaml", "symptoms.yaml")]
FASTER = 30
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
# Objectives have to be buckets; the nearest ones to a thirtieth, in the spelling of Debian's Prometheus 2.
BUCKETS = {"60": "2.5", "900": "30"}


def shorter(number, unit):
    return f"{max(1, round(int(number) * SECONDS[unit] / FASTER))}s"


def faster(text):
    """Rules of helm/rules, with every duration and age a thirtieth of what it is."""
    text = re.sub(r"time\(\) - (\d+)\b", lambda it: f"time() - {int(it[1]) // FASTER}", text)
    text = re.sub(r"\[(\d+)(m|h|d|s)\]", lambda it: f"[{max(4, int(shorter(it[1], it[2])[:-1]))}s]", text)
    text = re.sub(r"\[(\d+)(m|h):(\d+)(m|s)\]", lambda it: f"[{shorter(it[1], it[2])}:{shorter(it[3], it[4])}]", text)
    text = re.sub(r"\b(for|interval): (\d+)(m|h|d|s)\b", lambda it: f"{it[1]}: {shorter(it[2], it[3])}", text)
    text = re.sub(r"(breaker_open_seconds\)|dead_letters_oldest_seconds\[\d+s\]\)\)) > (\d+)",
                  lambda it: f"{it[1]} > {int(it[2]) // FASTER}", text)
    text = re.sub(r"(slo_seconds:max\s+expr: vector\()(\d+)", lambda it: f"{it[1]}{int(it[2]) // FASTER}", text)
    return re.sub(r"le: ['\"](60|900)['\"]", lambda it: f'le: "{BUCKETS[it[1]]}"', text)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Prometheus:
    """Debian's, in a folder of its own, asking each worker every `interval` seconds. `targets`: the admin port of each job."""

    def __init__(self, folder, targets, rule_texts, interval=1):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        for name, text in rule_texts.items():
            (folder / name).write_text(text)
        (folder / "prometheus.yml").write_text(
            f"global: {{scrape_interval: {interval}s, scrape_timeout: 1s, evaluation_interval: {interval}s}}\n"
            f"rule_files: [{', '.join(rule_texts)}]\n"
            "scrape_configs:\n" + "".join(
                f"  - job_name: {job}\n    static_configs:\n"
                f"      - targets: ['127.0.0.1:{port}']\n        labels: {{namespace: demo, pod: demo-0}}\n"
                for job, port in targets.items()))
        self.log = (folder / "prometheus.log").open("w")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)

    def get(self, path, **parameters):
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        with urllib.request.urlopen(f"{self.url}{path}{query}", timeout=10) as answer:
            return answer.read()

    def wait_until_ready(self, bound=30):
        end = time.monotonic() + bound
        while True:
            try:
                return self.get("/-/ready")
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None or time.monotonic() > end:
                    self.log.flush()
                    raise RuntimeError("Prometheus did not start:\n" + pathlib.Path(self.log.name).read_text()[-2000:]) from None
                time.sleep(0.1)

    def alerts_firing(self):
        """As its API gives them."""
        return [alert for alert in json.loads(self.get("/api/v1/alerts"))["data"]["alerts"] if alert["state"] == "firing"]

    def firing(self):
        """The summaries of what fires, by name and labels."""
        found = {}
        for alert in self.alerts_firing():
            labels = alert["labels"]
            own = tuple(sorted((k, v) for k, v in labels.items() if k not in ("severity", "namespace", "job")))
            found[own] = (labels["alertname"], labels["severity"], alert["annotations"]["summary"])
        return found

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


class AlertWatch:
    """Tells alerts that begin to fire, and that end."""

    def __init__(self, prometheus, tell):
        self.prometheus, self.tell = prometheus, tell
        self.known, self.history, self.start = {}, [], time.monotonic()

    def look(self):
        try:
            now = self.prometheus.firing()
        except (urllib.error.URLError, OSError):
            return
        seconds = time.monotonic() - self.start
        for own, (name, severity, summary) in now.items():
            if own not in self.known:
                self.history.append((seconds, "firing", name))
                self.tell(f"{seconds:6.0f} s  FIRING    {severity:8} {name}: {summary}")
        for own, (name, severity, _) in self.known.items():
            if own not in now:
                self.history.append((seconds, "resolved", name))
                self.tell(f"{seconds:6.0f} s  resolved  {severity:8} {name}")
        self.known = now


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="autosignin-dev")
    given, demo = parser.parse_known_args()
    if not shutil.which("prometheus"):
        print("there is no prometheus here; .ci/install observe brings it", file=sys.stderr)
        return 7
    if not any(word.split("=")[0] == "--seconds" for word in demo):
        demo += ["--seconds", "180"]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="autosignin-observe-"))
    admin = free_port()
    prometheus = worker = None
    try:
        prometheus = Prometheus(folder, {"autosignin": admin}, {path.name: faster(path.read_text()) for path in RULES})
        prometheus.wait_until_ready()
        print(f"Prometheus: {prometheus.url}/alerts  (rules of helm/rules, {FASTER} times faster)\n"
              f"Worker:     http://127.0.0.1:{admin}/  (a page for people; /metrics beside it)\n"
              "What to do about an alert: helm/runbooks/NAME.md\n", flush=True)
        # In this process group: Ctrl-C reaches the demo, which ends in order.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: worker and worker.terminate())
        worker = subprocess.Popen([given.program, "demo", "--admin-port", str(admin), *demo],
                                  preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        watch = AlertWatch(prometheus, lambda line: print(f"\r\033[K{line}" if sys.stdout.isatty() else line, flush=True))
        ended = threading.Event()
        threading.Thread(target=lambda: (worker.wait(), ended.set()), daemon=True).start()
        while not ended.wait(1):
            watch.look()
        names = [name for _, what, name in watch.history if what == "firing"]
        cleared = [name for _, what, name in watch.history if what == "resolved"]
        print(f"{len(names)} alerts fired, {len(cleared)} cleared; {len(watch.known)} were still firing at the end.")
        return worker.returncode if worker.returncode >= 0 else 128 - worker.returncode
    except RuntimeError as problem:
        print(f"observe: {problem}", file=sys.stderr)
        return 7
    finally:
        if worker and worker.poll() is None:
            worker.terminate()
            worker.wait()
        if prometheus:
            prometheus.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
