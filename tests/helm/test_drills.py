"""Runbooks, followed: a fault is injected into a worker of its own, its alert fires, the page's queries and commands are run as they
stand there and tell something, the fault is mended as the page says, the alert clears, the page's last query says that it is over.

All drills at once, under one Prometheus with the rules thirty times faster (drills/world.py has what they stand on, drills/faults the
faults, drills/kubectl.py what answers in place of a cluster).
"""
import contextlib
import json
import re
import threading
import time

import pytest

from drills.faults import apple, kafka, keys, letters, process
from drills.shell import Shell
from drills.worker import Worker, programs
from drills.world import World, until
from live import observe
from rules import alerts
from test_runbooks import PAGES, blocks, inline

# What each drill is, and what a `grep` of its page has to find.
DRILLS = {
    "AutosigninBreakerOpen": (apple.away, "breaker_opened"),
    "AutosigninBrokersUnreachable": (kafka.brokers, "kafka_"),
    "AutosigninBudgetBurn": (apple.slow, None),
    "AutosigninCertificateEnds": (keys.certificate, "kafka_restart_needed"),
    "AutosigninClockSkew": (apple.clock, "clock_skew"),
    "AutosigninCommitsFailing": (kafka.uncommitted, "kafka_no_topic_right"),
    "AutosigninCredentialRefused": (keys.credential, "gate_closed"),
    "AutosigninDeadLettersAgeing": (letters.old, None),
    "AutosigninDeadLettersExpired": (letters.expired, "dead_letters_expired"),
    "AutosigninDeadLettersOpen": (letters.one, "dead_letters_new_kind"),
    "AutosigninDeadLettersUnwatched": (letters.unwatched, "dead_letters_unwatched"),
    "AutosigninEventsInvalid": (letters.many, "dead_letters_new_kind"),
    "AutosigninEventsLost": (kafka.lost, "kafka_offset_reset"),
    "AutosigninEventsUnread": (kafka.unread, "kafka_no_topic_right"),
    "AutosigninExhaustionsWithheld": (apple.failing_some, "exhaustion_withheld"),
    "AutosigninKeyFileUnusable": (keys.key_file, "credential_key_unusable"),
    "AutosigninKeysUnusable": (keys.no_key, "credential_key_unusable"),
    "AutosigninLagWithoutProgress": (keys.late, None),
    "AutosigninNothingAssigned": (kafka.brokers, "kafka_"),
    "AutosigninNotificationsRefused": (letters.forged, "notification_refused"),
    "AutosigninOldKeySigns": (keys.old_key, "credential_key_switched"),
    "AutosigninOldestUnexecuted": (keys.late, "gate_closed"),
    "AutosigninPartitionHeld": (kafka.held, "kafka_offset_out_of_range"),
    "AutosigninRejectingEverything": (apple.elsewhere, "gate_closed"),
    "AutosigninRejectionsWithheld": (apple.rejecting_some, "rejection_withheld"),
    "AutosigninReplicaDown": (process.down, None),
    "AutosigninRestarting": (process.restarting, None),
    "AutosigninStandstill": (kafka.still, "standstill"),
    "AutosigninStoreFailing": (kafka.unstorable, "kafka_no_topic_right"),
    "AutosigninThrottled": (apple.throttled, "gate_closed"),
    "AutosigninWorkerAbsent": (process.absent, None),
}


def test_every_alert_has_a_drill():
    assert DRILLS.keys() == {rule["alert"] for rule in alerts()}


def of_worker(text, job):
    """A query about one worker. Objectives are nobody's."""
    def with_job(it):
        return it[0] if it[1].startswith(("global:", "type_le:")) else f'{it[1]}{{job="{job}"' + ("," if it[2] else "}")
    return re.sub(r"((?:\b[a-z_]+:)?\b(?:autosignin_\w+|process_start_time_seconds|up)(?::\w+)?)\b(\{)?", with_job, text.strip())


class Drill(threading.Thread):
    """A fault is a generator: it injects the fault, yields, and mends it as the page says when it is asked to go on.

    It is given the worker and this drill. `fix(words, EVENT=...)` pastes that line of the page's remedies which holds these words,
    with the placeholders in capitals filled in; `fix.seen` is what the page's first commands said.
    """

    def __init__(self, world, alert, path):
        super().__init__(name=alert, daemon=True)
        self.alert, (self.fault, self.finds) = alert, DRILLS[alert]
        self.page = PAGES[alert]
        self.worker = Worker(world, alert.removeprefix("Autosignin").lower())
        self.shell = Shell(path, self.worker)
        self.folder = self.shell.folder
        self.problem, self.fired, self.cleared = None, None, None

    def query(self, text):
        """A page's query, as it is, about this worker, thirty times faster."""
        answer = self.prometheus.get("/api/v1/query", query=observe.faster(of_worker(text, self.worker.job)))
        return json.loads(answer)["data"]["result"]

    def fires(self):
        return any(it["labels"]["alertname"] == self.alert and it["labels"]["job"] == self.worker.job
                   for it in self.prometheus.alerts_firing())

    def look(self):
        """The page's first query and its commands, as a person would paste them."""
        first, _ = blocks(self.page, "promql")
        until(lambda: self.query(first), 5, f"the first query shows nothing: {first}")
        lines = blocks(self.page, "console")[0].strip().splitlines()
        results = self.shell.paste(*(line.removeprefix("$ ") for line in lines))
        self.seen = "\n".join(output for _, _, output in results)
        for line, code, output in results:
            told = f"{line}\nexit code {code}\n{output[-1500:]}"
            if " | grep " in line:
                assert code == 0 or (code == 1 and not output and self.finds is None), told
            elif " -- autosignin-worker " in line:
                # Findings have exit codes of their own; these two are a crash and a command that does not exist.
                assert code not in (1, 2) and len(output.splitlines()) > (code != 0), told
            elif line.startswith("curl "):
                assert code == 0 and json.loads(output), told
            elif not line.endswith("&"):
                assert code == 0 and output, told
        assert self.finds is None or any(self.finds in output for line, _, output in results if " | grep " in line), \
            f"no grep finds {self.finds}"

    def __call__(self, words, **given):
        """Pastes the page's remedy with these words in it."""
        line = next(text for text in inline(self.page) if words in text)
        for name, value in {"NAME": "drill", "TEXT": "made-up", **given}.items():
            line = line.replace(name, value)
        code, seen = self.shell.answer(line) if " -it " in line else self.shell.paste(line)[0][1:]
        assert code == 0, f"{line}\nexit code {code}\n{seen[-1500:]}"

    def run(self):
        with contextlib.closing(self.fault(self.worker, self)) as fault:
            try:
                next(fault)
                start = time.monotonic()
                until(self.fires, 200, "it did not fire")
                self.fired = time.monotonic() - start
                self.look()
                start = time.monotonic()
                next(fault, None)
                until(lambda: not self.fires(), 200, "it did not clear")
                self.cleared = time.monotonic() - start
                _, over = blocks(self.page, "promql")
                until(lambda: self.query(over), 90, f"the last query does not say that it is over: {over}")
            except Exception as problem:
                log = self.worker.log.read_text()[-1500:] if self.worker.starts else ""
                self.problem = f"{type(problem).__name__}: {problem}\n{log}"


@pytest.fixture(scope="module")
def drills(request, tmp_path_factory):
    wanted = {it.callspec.params["alert"] for it in request.session.items if "drills" in it.fixturenames}
    folder = tmp_path_factory.mktemp("drills")
    with contextlib.ExitStack() as stack:
        world = World(folder / "world")
        stack.callback(world.stop)
        path = programs(folder / "bin")
        all_of_them = {alert: Drill(world, alert, path) for alert in DRILLS if alert in wanted}
        prometheus = observe.Prometheus(folder, {it.worker.job: it.worker.port for it in all_of_them.values()},
                                        {it.name: observe.faster(it.read_text()) for it in observe.RULES})
        stack.callback(prometheus.stop)
        prometheus.wait_until_ready()
        for it in all_of_them.values():
            stack.callback(it.worker.close)
            it.prometheus = it.worker.prometheus = prometheus
            it.start()
        end = time.monotonic() + 420
        for it in all_of_them.values():
            it.join(max(0, end - time.monotonic()))
        for it in all_of_them.values():
            if it.cleared is not None:
                print(f"{it.alert:34} fired after {it.fired:5.1f} s, cleared after {it.cleared:5.1f} s")
        yield all_of_them


@pytest.mark.parametrize("alert", DRILLS)
def test_the_alert_fires_its_page_helps_and_it_clears(drills, alert):
    drill = drills[alert]
    assert not drill.is_alive() and not drill.problem, drill.problem
    assert drill.fired is not None and drill.cleared is not None
