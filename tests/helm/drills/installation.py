"""The names that the chart gives an installation, and those that the runbooks' README lets the shell know."""
import functools
import re

import yaml

from chart import CHART, files_of, helm, one

README = (CHART / "runbooks" / "README.md").read_text()
ASSIGNMENTS = dict(re.findall(r"^\$ (\w+)=(\S+)", README, re.M))


def rendered(combination):
    done = helm("template", "autosignin-worker", CHART, "-n", ASSIGNMENTS["NS"], "--kube-version", "1.31.0", *files_of(combination))
    assert done.returncode == 0, done.stderr
    return [it for it in yaml.safe_load_all(done.stdout) if it]


@functools.cache
def names():
    """What the chart renders for the release that the README assumes."""
    workload = one(rendered("production"), "StatefulSet")
    name, pod = workload["metadata"]["name"], workload["spec"]["template"]["spec"]
    containers = [*pod["containers"], *pod.get("initContainers", [])]
    return {"namespace": ASSIGNMENTS["NS"], "workload": f"statefulset/{name}",
            "pods": [f"{name}-{at}" for at in range(workload["spec"]["replicas"])],
            "containers": [it["name"] for it in containers],
            "ports": [str(port["containerPort"]) for it in containers for port in it.get("ports", [])],
            "labels": workload["spec"]["selector"]["matchLabels"],
            "scaler": f"scaledobject/{one(rendered('keda'), 'ScaledObject')['metadata']['name']}",
            "secrets": [it["secret"]["secretName"] for it in pod["volumes"] if "secret" in it]}
