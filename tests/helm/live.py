"""The demo with its faults under Debian's Prometheus, with the rules of helm/rules thirty times faster."""
import importlib.util
import json
import pathlib
import subprocess
import time

from chart import ROOT

_spec = importlib.util.spec_from_file_location("observe", ROOT / "worker" / "dev" / "observe.py")
observe = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(observe)


class Run:
    """One demo, watched from its start to its end; Prometheus goes on answering afterwards.

    `meanwhile(url)` is called about each second with the worker's own address.
    """

    def __init__(self, folder, program, seconds, *options, meanwhile=lambda url: None):
        folder = pathlib.Path(folder)
        admin = observe.free_port()
        self.prometheus = observe.Prometheus(folder, {"autosignin": admin}, {it.name: observe.faster(it.read_text()) for it in observe.RULES})
        self.watch = observe.AlertWatch(self.prometheus, lambda line: None)
        try:
            self.prometheus.wait_until_ready()
            self.started = time.time()
            with (folder / "demo.log").open("w") as log:
                demo = subprocess.Popen([program, "demo", "--admin-port", str(admin), "--seconds", str(seconds), *options],
                                        stdout=log, stderr=subprocess.STDOUT)
                while True:
                    try:
                        self.exit_code = demo.wait(1)
                        break
                    except subprocess.TimeoutExpired:
                        self.watch.look()
                        meanwhile(f"http://127.0.0.1:{admin}/")
            self.ended = time.time()
            self.output = (folder / "demo.log").read_text()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        self.prometheus.stop()

    def range(self, expression, step=1):
        """[(labels, [(time, value)])] from the demo's start to its end, as a panel would draw it."""
        answer = json.loads(self.prometheus.get(
            "/api/v1/query_range", query=expression, start=self.started, end=self.ended, step=step))
        return [(series["metric"], [(at, float(value)) for at, value in series["values"]])
                for series in answer["data"]["result"]]
