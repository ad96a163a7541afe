"""The chart as tests see it: rendered, or refused with its message."""
import os
import pathlib
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "helm"
EXAMPLES = CHART / "examples"
TOOLS = pathlib.Path(os.environ["HELM_TOOLS"])
HELM = TOOLS / "bin" / "helm"
WORKER = os.environ["AUTOSIGNIN_WORKER"]

# Every way in which the examples are meant to be used.
COMBINATIONS = {
    "local": ["values-local.yaml"],
    "production": ["values-production.yaml"],
    "keda": ["values-production.yaml", "values-keda.yaml"],
}


def helm(*arguments, values=None):
    return subprocess.run([HELM, *map(str, arguments), *(["-f", "-"] if values is not None else [])],
                          input=None if values is None else yaml.safe_dump(values), capture_output=True, text=True)


def files_of(combination):
    return [argument for name in COMBINATIONS[combination] for argument in ("-f", EXAMPLES / name)]


def render(combination, values=None, kube="1.31.0"):
    """The manifests; `values` on top of the example."""
    done = helm("template", "release", CHART, "--namespace", "identity", "--kube-version", kube, *files_of(combination),
                values=values)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def one(manifests, kind, suffix=""):
    found = [it for it in manifests if it["kind"] == kind and it["metadata"]["name"].endswith(suffix)]
    assert len(found) == 1, f"{len(found)} of {kind}"
    return found[0]


def pods(manifests):
    """(kind, metadata, pod spec) of everything that runs."""
    for it in manifests:
        if it["kind"] == "Pod":
            yield it["kind"], it["metadata"], it["spec"]
        elif it["kind"] == "StatefulSet":
            yield it["kind"], it["spec"]["template"]["metadata"], it["spec"]["template"]["spec"]
        elif it["kind"] == "CronJob":
            template = it["spec"]["jobTemplate"]["spec"]["template"]
            yield it["kind"], template["metadata"], template["spec"]
