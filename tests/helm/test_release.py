"""The way from values to a validated release that helm/README.md describes: its very lines, and what they find."""
import os
import re
import subprocess

import pytest
import yaml

from chart import CHART, EXAMPLES, HELM, ROOT, WORKER, one, render

TABLE = re.search(r"<!-- path -->\n```console\n(.*?)```\n<!-- end -->", (CHART / "README.md").read_text(), re.S)[1]
STEPS = [(step.split("\n", 1)[0], step.split("\n", 1)[1].splitlines()) for step in re.split(r"^\$ ", TABLE, flags=re.M)[1:]]


@pytest.fixture
def clone(tmp_path):
    """A folder as somebody has it who follows the README: the clone's folders, and the programs on the PATH."""
    for name in ("helm", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "helm").symlink_to(HELM)
    (programs / "autosignin-worker").symlink_to(WORKER)

    def run(line):
        # No variable of whoever runs the test: the worker would take it for a key.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AUTOSIGNIN_")}
        return subprocess.run(["bash", "-euo", "pipefail", "-c", line], cwd=tmp_path, capture_output=True, text=True,
                              env={**environment, "PATH": f"{programs}:{os.environ['PATH']}"})
    run.folder = tmp_path
    return run


def test_the_readmes_lines_work_as_they_are(clone):
    assert [line.split()[0] for line, _ in STEPS] == ["cp", "helm", "sed", "autosignin-worker", "tests/helm/validate"]
    for line, output in STEPS:
        done = clone(line)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        for shown in output:
            assert shown == "..." or shown in done.stdout.splitlines(), f"{line}: {shown!r} is not in\n{done.stdout}"
    config = yaml.safe_load(one(render("production"), "ConfigMap", "release-autosignin-worker")["data"]["worker.yaml"])
    assert yaml.safe_load((clone.folder / "worker.yaml").read_text()) == config
    # The "4 files skipped" are all that it names.
    assert len(set(re.findall(r"/etc/autosignin/secrets/\S+", yaml.safe_dump(config)))) == 4


@pytest.mark.parametrize("step,edit,found", [
    (1, {"serviceMonitor": {"scrapeTimeout": "30s"}}, "serviceMonitor.scrapeTimeout (30s) is longer"),
    (3, {"config": {"kafka": {"session_timeout": "1s"}}}, "kafka.session_timeout: error"),
    (3, {"config": {"kafka": {"topics": ["account-events", "account-events"]}}}, "is listed twice"),
    (4, {"affinity": {"nodeAfinity": {}}}, "StatefulSet autosignin-worker: spec.template.spec.affinity"),
    (4, {"serviceMonitor": {"relabelings": [{"sourceLabel": ["x"]}]}}, "ServiceMonitor autosignin-worker: spec.endpoints.0.relabelings.0"),
])
def test_each_step_stops_what_the_ones_before_let_through(clone, step, edit, found):
    values = yaml.safe_load((EXAMPLES / "values-production.yaml").read_text())

    def lay(over, under):
        for name, value in over.items():
            under[name] = lay(value, under.get(name, {})) if isinstance(value, dict) else value
        return under
    (clone.folder / "values.yaml").write_text(yaml.safe_dump(lay(edit, values)))
    for line, _ in STEPS[1:step]:
        assert clone(line).returncode == 0, line
    done = clone(STEPS[step][0])
    assert done.returncode != 0 and found in done.stdout + done.stderr, done.stdout + done.stderr


def test_what_the_path_skips_is_looked_at_in_the_pods():
    manifests = render("production")
    (first,) = one(manifests, "StatefulSet")["spec"]["template"]["spec"]["initContainers"]
    assert first["name"] == "check-config" and first["args"] == ["check-config"]
    doctor = one(manifests, "Pod")
    assert doctor["metadata"]["annotations"]["helm.sh/hook"] == "test" and doctor["spec"]["containers"][0]["args"] == ["doctor"]
