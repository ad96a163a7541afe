"""Faults of keys and certificates."""
import fcntl
import os
import signal
import threading

from drills.apple import issue, openssl
from drills.world import until


def new_key(path):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)


def key_file(worker, fix):
    good = worker.key.read_bytes()
    worker.start()
    worker.key.write_text("")
    yield
    worker.key.write_bytes(good)


def no_key(worker, fix):
    """Emptied while the pod starts: after the configuration was checked, before its keys are read to sign.

    The check looks at the keys first and at the fingerprint's key last; whoever opens a file under a lease waits for its owner.
    """
    good = worker.key.read_bytes()
    last = worker.folder / "fingerprint.key"
    last.write_bytes(os.urandom(32))
    worker.config["receipts"]["fingerprint_key_file"] = str(last)
    lease = os.open(last, os.O_RDONLY)
    fcntl.fcntl(lease, fcntl.F_SETSIG, signal.SIGURG)  # which is ignored; SIGIO would end this process

    def leased():
        # Not while somebody else has it open: another drill's child does between its fork and its exec.
        try:
            fcntl.fcntl(lease, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except BlockingIOError:
            return False
        return True
    until(leased, 10, "somebody keeps the fingerprint's key open")

    def empty_it():
        try:
            until(lambda: fcntl.fcntl(lease, fcntl.F_GETLEASE) != fcntl.F_WRLCK, 30, "nobody read the fingerprint's key")
            worker.key.write_text("")
        finally:
            os.close(lease)
    emptying = threading.Thread(target=empty_it)
    emptying.start()
    worker.start()
    emptying.join()
    yield
    worker.key.write_bytes(good)


def credential(worker, fix):
    (fix.folder / worker.key.name).write_bytes(worker.key.read_bytes())
    new_key(worker.key)
    worker.start()  # and reads the demo's events from the beginning
    yield
    fix("patch secret")


def late(worker, fix):
    """A refused credential, and nobody reacts for long enough that other alerts follow."""
    good = worker.key.read_bytes()
    new_key(worker.key)
    worker.start()
    yield
    worker.key.write_bytes(good)


def old_key(worker, fix):
    """Apple does not know the first key of the list."""
    wrong = worker.folder / "apple" / "AuthKey_REVOKED001.p8"
    new_key(wrong)
    for app in worker.config["apps"]:
        app["keys"].insert(0, {"id": "REVOKED001", "file": str(wrong)})
    worker.start()
    yield
    for app in worker.config["apps"]:
        del app["keys"][0]
    worker.restart()


def certificate(worker, fix):
    """Ours towards the brokers; it is renewed, and the worker is not restarted."""
    worker.on_kafka()
    issue(worker.world.authority, "client", days=3)
    crt, key = (worker.world.authority / f"client.{it}" for it in ("crt", "key"))
    worker.config["kafka"]["properties"].update({"ssl.certificate.location": str(crt), "ssl.key.location": str(key)})
    worker.start()
    issue(worker.world.authority, "client", days=90)
    yield
    fix("rollout restart")
    worker.restart()
