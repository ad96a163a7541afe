"""Dead letters, and events that become some."""
import re

from drills.apple import bad
from drills.kafka import GROUP, READ
from drills.world import event, invalid, password_changed, until, values


def counting(worker):
    """Somebody counts dead letters: what comes from now on is told in the log."""
    worker.events_of_its_own()
    worker.send(*password_changed(worker.app, "first"))
    worker.start()
    until(lambda: worker.counted("autosignin_dead_letters_watched"), 60, "nobody counts dead letters")
    worker.wait_until_scraped()


def supersede(worker, fix):
    corrected = password_changed(worker.app, "corrected")
    worker.send(*corrected)
    # As `list` names it.
    fix("dead-letters discard", SIGNATURE=re.search(r"--group (\S+)", fix.seen)[1], EVENT=corrected[0][1]["id"])


def one(worker, fix):
    counting(worker)
    worker.send(invalid("1"))
    yield
    supersede(worker, fix)


def many(worker, fix):
    """The account system was deployed with another form of its events. More come all the time, as windows of the rules are short here."""
    counting(worker)
    with worker.fed(lambda at: [invalid(it) for it in values(at, 20)]):
        yield
    supersede(worker, fix)


def old(worker, fix):
    """Of an event two hours old, which is days to rules that are faster. (An invalid one is as old as its record, whatever it says.)"""
    worker.events_of_its_own()
    worker.on_apple(bad(400))
    wrong = password_changed(worker.app, "bad", age=7200)
    worker.send(*password_changed(worker.app, "first"), *wrong)
    worker.start()
    yield
    fix("dead-letters discard", EVENT=wrong[0][1]["id"])


def forged(worker, fix):
    worker.config["sign_in_with_apple"] = {
        "endpoint": "https://localhost:1",
        "clients": [{"client_id": "com.example.tv", "team_id": "A1B2C3D4E5",
                     "keys": [{"id": "9Z8Y7X6W5V", "file": str(worker.key)}]}]}
    worker.events_of_its_own()
    notification = {"app": worker.app, "payload": "e30.e30.AAAA", "sign_in_tokens": []}
    worker.send(*password_changed(worker.app, "first"))
    worker.start()
    worker.wait_until_scraped()
    with worker.fed(lambda at: [event("apple.notification.v1", str(at), notification)]):
        yield
    fix("dead-letters discard")


def unwatched(worker, fix):
    right = GROUP, f"{worker.group}.dead-letters", READ
    kafka = worker.on_kafka(right)
    worker.start()
    yield
    kafka.grant(*right)


def expired(worker, fix):
    """Records of the dead-letter topic are deleted by hand. Nothing brings them back: the alert ends an hour later."""
    kafka = worker.on_kafka()
    worker.send(invalid("1"), invalid("2"), invalid("3"))
    worker.start()
    until(lambda: worker.counted("autosignin_dead_letters_open") == 3, 60, "the letters are not counted")
    worker.wait_until_scraped()
    kafka.delete_records(worker.letters)
    yield
