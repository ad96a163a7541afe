"""What takes minutes of waiting begins with the session, and costs the lane no time."""
import pytest

import storm


def pytest_collection_finish(session):
    if not session.config.option.collectonly and any("storm" in getattr(item, "fixturenames", ()) for item in session.items):
        session.storm = storm.Storm()
        session.storm.start()


def pytest_sessionfinish(session):
    if it := getattr(session, "storm", None):
        it.ended.set()
        it.join(90)


@pytest.fixture(name="storm")
def started_storm(request):
    return request.session.storm
