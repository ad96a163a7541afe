"""Faults of Apple, or of what lies on the way to it."""
import re

from drills.apple import always, bad, well
from drills.world import password_changed, until, values


def away(worker, fix):
    good = worker.config["apple"]["endpoints"]
    worker.config["apple"]["endpoints"] = {"production": "https://localhost:1", "sandbox": "https://localhost:1"}
    worker.start()
    yield
    worker.config["apple"]["endpoints"] = good
    worker.restart()


def throttled(worker, fix):
    apple = worker.on_apple(always(429, Retry_After="2"))
    worker.start()
    yield
    apple.answer = well


def elsewhere(worker, fix):
    """The address is of a service that rejects whatever it does not know."""
    worker.events_of_its_own()
    worker.on_apple(always(400))
    worker.send(*password_changed(worker.app, *values("some", 60)))
    worker.start()
    yield
    worker.on_apple(well)
    worker.restart()
    fix("dead-letters replay")


def rejecting_some(worker, fix):
    worker.events_of_its_own()
    worker.config["apple"]["rejected_per_minute_max"] = 1
    apple = worker.on_apple(bad(400))
    worker.send(*password_changed(worker.app, *(f"{'good' if at % 3 else 'bad'}-{at}" for at in range(450))))
    worker.start()
    yield
    fix("dead-letters show", **{"TOPIC/PARTITION/OFFSET": re.search(r"for example (\S+)", fix.seen)[1]})
    apple.answer = well
    fix("dead-letters replay")


def failing_some(worker, fix):
    worker.events_of_its_own()
    worker.config["apple"]["exhausted_per_minute_max"] = 1
    apple = worker.on_apple(bad(503))
    worker.send(*password_changed(worker.app, *(f"{'good' if at % 10 else 'bad'}-{at}" for at in range(400))))
    worker.start()
    yield
    apple.answer = well
    fix("dead-letters replay")


def slow(worker, fix):
    """Each exchange takes longer than the objective of a password change, which is 2.5 s to rules that are faster."""
    worker.events_of_its_own()
    worker.config["apple"]["request_timeout"] = "10s"
    apple = worker.on_apple(well)
    apple.delay = 3.5
    worker.send(*password_changed(worker.app, "first"))
    worker.start()
    worker.wait_until_scraped()
    with worker.fed(lambda at: password_changed(worker.app, *values(f"slow-{at}", 4))):
        yield
    apple.delay = 0
    with worker.fed(lambda at: password_changed(worker.app, *values(f"quick-{at}", 60)), every=0.5):
        until(lambda: worker.counted("autosignin_events_settled_total") > 1200, 90, "what follows is not executed")


def clock(worker, fix):
    """A proxy answers with old Date headers."""
    worker.events_of_its_own()
    apple = worker.on_apple(well)
    apple.behind = 120
    worker.send(*password_changed(worker.app, "first"))
    worker.start()
    yield
    apple.behind = 0
    worker.send(*password_changed(worker.app, "second"))
