"""Faults of brokers, rights and offsets."""
import signal
import socket
import threading

from drills.apple import well
from drills.kafka import DESCRIBE, READ, TOPIC, WRITE
from drills.world import Demo, invalid, password_changed, until, values
from live import observe


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


def brokers(worker, fix):
    host, port = worker.config["kafka"]["bootstrap_servers"].split(",")[0].split(":")
    closed = observe.free_port()
    worker.config["kafka"]["bootstrap_servers"] = f"127.0.0.1:{closed}"
    worker.start()
    yield
    forward(closed, (host, int(port)))


def held(worker, fix):
    worker.config["kafka"]["auto_offset_reset"] = "error"
    worker.start()
    yield
    worker.config["kafka"]["auto_offset_reset"] = "earliest"
    worker.restart()


def unstorable(worker, fix):
    """The right to write dead letters is missing."""
    right = TOPIC, worker.letters, WRITE
    kafka = worker.on_kafka(right)
    worker.send(invalid("1"), invalid("2"))
    worker.start()
    yield
    kafka.grant(*right)


def uncommitted(worker, fix):
    """The right to read the topic is taken away, which a commit needs too, while commands are under way.

    Without the right to the group the worker loses its partitions within a session timeout, and commits no more.
    """
    kafka = worker.on_kafka()
    kafka.grant(TOPIC, worker.topic, DESCRIBE)
    worker.config["apple"]["request_timeout"] = "10s"
    apple = worker.on_apple(well)
    worker.start()
    worker.wait_until_scraped()
    worker.send(*password_changed(worker.app, "first"))
    until(lambda: worker.counted("autosignin_commits_total"), 30, "nothing is committed")
    apple.delay = 2
    worker.send(*password_changed(worker.app, *values("some", 5)))
    until(lambda: worker.counted("autosignin_in_flight") > 0, 30, "nothing is sent to Apple")
    kafka.withdraw(TOPIC, worker.topic, READ)
    yield
    kafka.grant(TOPIC, worker.topic, READ)


def lost(worker, fix):
    """Nobody reads, and records of the topic are deleted meanwhile. The alert ends an hour later."""
    kafka = worker.on_kafka()
    worker.send(*password_changed(worker.app, "first"))
    worker.start()
    until(lambda: worker.counted("autosignin_commits_total"), 60, "nothing is committed")
    worker.kill()
    gone = password_changed(worker.app, "gone")
    worker.send(*gone)
    kafka.delete_records(worker.topic)
    worker.start()
    yield
    worker.send(*gone)


def unread(worker, fix):
    """The right to read the topic is taken away; that to describe it stays, and the partition with it.

    It counts as unread until a record comes, and none does.
    """
    kafka = worker.on_kafka()
    kafka.grant(TOPIC, worker.topic, DESCRIBE)
    worker.send(*password_changed(worker.app, "first"))
    worker.start()
    until(lambda: worker.counted("autosignin_commits_total"), 60, "nothing is committed")
    worker.wait_until_scraped()
    kafka.withdraw(TOPIC, worker.topic, READ)
    worker.send(*password_changed(worker.app, "second"))
    yield
    kafka.grant(TOPIC, worker.topic, READ)
    fix("delete pod")
    worker.restart()


def still(worker, fix):
    """A broker that takes records and does not acknowledge them: its process is stopped while its connections stand.

    A session that ends would give the partitions away, and with them what stands still.
    """
    demo = Demo(worker.folder)
    try:
        demo.wait_until_kept()
        worker.bootstrap = worker.config["kafka"]["bootstrap_servers"] = demo.config["kafka"]["bootstrap_servers"]
        worker.events_of_its_own()
        worker.config["kafka"]["session_timeout"] = "60s"
        worker.config["apple"]["request_timeout"] = "10s"
        worker.config["standstill"] = {"warn_after": "3s"}
        apple = worker.on_apple(well)
        worker.send(*password_changed(worker.app, "first"))
        worker.start()
        until(lambda: worker.counted("autosignin_commits_total"), 30, "nothing is committed")
        apple.delay = 1
        worker.send(*password_changed(worker.app, *values("some", 5)))
        until(lambda: worker.counted("autosignin_in_flight") > 0, 30, "nothing is sent to Apple")
        demo.process.send_signal(signal.SIGSTOP)
        yield
        demo.process.send_signal(signal.SIGCONT)
        fix("delete pod")
        worker.restart()
        yield
    finally:
        demo.stop()
