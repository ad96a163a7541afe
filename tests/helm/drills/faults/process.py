"""Faults of the process itself."""


def absent(worker, fix):
    worker.start()
    worker.wait_until_scraped()  # what Prometheus never saw is not missed here
    worker.kill()
    yield
    worker.start()


def down(worker, fix):
    worker.start()
    worker.wait_until_scraped()
    worker.kill()
    yield
    fix("delete pod")
    worker.start()


def restarting(worker, fix):
    worker.start()
    for _ in range(4):
        worker.wait_until_scraped()
        worker.kill()
        worker.start()
    yield  # left in peace afterwards
