"""The chart: what it renders is valid, complete and safe; what cannot work is refused with a remedy."""
import copy
import functools
import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

import values_reference
from chart import CHART, COMBINATIONS, EXAMPLES, HELM, ROOT, WORKER, files_of, helm, one, pods, render
from manifests import check
from rules import promtool
from test_rules import selectors

KUBES = ["1.27.0", "1.31.0", "1.35.0"]
SECRETS = "/etc/autosignin/secrets/"


def test_every_example_is_used():
    assert {name for names in COMBINATIONS.values() for name in names} == {path.name for path in EXAMPLES.iterdir()}


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_lint_is_content(combination):
    done = helm("lint", "--strict", CHART, *files_of(combination))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kube", KUBES)
@pytest.mark.parametrize("combination", COMBINATIONS)
def test_manifests_are_valid(combination, kube):
    manifests = render(combination, kube=kube)
    assert len(manifests) >= 5
    for manifest in manifests:
        check(manifest, kube.rsplit(".", 1)[0])


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_examples_ask_for_nothing_that_a_cluster_may_lack(combination):
    """A priority or runtime class that is not there refuses every pod."""
    for _, _, spec in pods(render(combination)):
        assert not {"priorityClassName", "runtimeClassName"} & set(spec)


def test_a_misspelt_field_of_a_custom_resource_is_found():
    monitor = one(render("production"), "ServiceMonitor")
    monitor["spec"]["endpoints"][0]["intervall"] = "15s"
    with pytest.raises(Exception, match="intervall"):
        check(monitor, "1.31")


def test_everything_at_once_is_valid():
    everything = {
        "commonLabels": {"team": "identity"}, "imagePullSecrets": [{"name": "registry"}], "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "dedicated", "operator": "Exists"}], "runtimeClassName": "gvisor",
        "affinity": {"nodeAffinity": {}}, "priorityClassName": "high", "dnsConfig": {"options": [{"name": "ndots", "value": "1"}]},
        "podLabels": {"a": "b"}, "podAnnotations": {"c": "d"},
        "serviceAccount": {"annotations": {"e": "f"}},
        "extraEnvFrom": [{"configMapRef": {"name": "more"}}],
        "extraVolumes": [{"name": "more", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}],
        "extraInitContainers": [{"name": "first", "image": "busybox"}],
        "extraContainers": [{"name": "sidecar", "image": "busybox"}],
        "extraObjects": ["apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}-more'}\n"],
        "networkPolicy": {"extraEgress": [{"ports": [{"port": 4318}]}], "kafkaPorts": [9093, 9094]},
        "dashboards": {"annotations": {"grafana_folder": "Identity"}},
    }
    manifests = render("production", everything)
    for manifest in manifests:
        check(manifest, "1.31")
    assert one(manifests, "ConfigMap", "release-more")
    assert one(manifests, "StatefulSet")["spec"]["template"]["spec"]["initContainers"][0]["name"] == "first"


# What only an API server would reject, and what would run but not work.
@pytest.mark.parametrize("combination", COMBINATIONS)
class TestWhatSchemasDoNotSay:
    @pytest.fixture
    def manifests(self, combination):
        return render(combination)

    def test_selectors_find_the_workers_and_nothing_else(self, manifests):
        selectors = [("Service", it["spec"]["selector"]) for it in manifests if it["kind"] == "Service"]
        for it in manifests:
            if it["kind"] in ("StatefulSet", "PodDisruptionBudget"):
                selectors.append((it["kind"], it["spec"]["selector"]["matchLabels"]))
            if it["kind"] == "StatefulSet":
                for spread in it["spec"]["template"]["spec"]["topologySpreadConstraints"]:
                    selectors.append(("spread", spread["labelSelector"]["matchLabels"]))
        assert len(selectors) >= 4
        for name, selector in selectors:
            found = {kind for kind, metadata, _ in pods(manifests) if selector.items() <= metadata["labels"].items()}
            assert found == {"StatefulSet"}, name

    def test_names_are_short_enough(self, manifests):
        for it in manifests:
            assert len(it["metadata"]["name"]) <= (52 if it["kind"] == "CronJob" else 63)
            for value in it["metadata"].get("labels", {}).values():
                assert len(str(value)) <= 63 and re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", str(value))
        for _, _, spec in pods(manifests):
            for container in spec["containers"]:
                for port in container.get("ports", []):
                    assert len(port["name"]) <= 15

    def test_ports_fit_each_other(self, manifests):
        port = one(manifests, "StatefulSet")["spec"]["template"]["spec"]["containers"][0]["ports"][0]
        config = yaml.safe_load(one(manifests, "ConfigMap", "autosignin-worker")["data"]["worker.yaml"])
        assert port["containerPort"] == config["admin"]["port"] == one(manifests, "Service")["spec"]["ports"][0]["port"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            container = one(manifests, "StatefulSet")["spec"]["template"]["spec"]["containers"][0]
            assert container[probe]["httpGet"]["port"] == port["name"]
        for it in manifests:
            if it["kind"] in ("ServiceMonitor", "PodMonitor"):
                (endpoint,) = it["spec"].get("endpoints") or it["spec"]["podMetricsEndpoints"]
                assert endpoint["port"] == port["name"]
                # Without it the operator's own `endpoint` pushes ours aside.
                assert endpoint["honorLabels"]

    def test_volumes_and_mounts_fit_each_other(self, manifests):
        for kind, _, spec in pods(manifests):
            names = [volume["name"] for volume in spec["volumes"]]
            assert len(set(names)) == len(names)
            for container in spec["containers"] + spec.get("initContainers", []):
                mounts = container.get("volumeMounts", [])
                assert {mount["name"] for mount in mounts} <= set(names), kind
                assert len({mount["mountPath"] for mount in mounts}) == len(mounts)
                # What is mounted by subPath never changes again, and keys are replaced in place.
                assert not any("subPath" in mount for mount in mounts)

    def test_the_disruption_budget_says_one_thing(self, manifests):
        for it in manifests:
            if it["kind"] == "PodDisruptionBudget":
                assert len({"minAvailable", "maxUnavailable"} & set(it["spec"])) == 1

    def test_limits_are_not_below_requests(self, manifests):
        def bytes_of(text):
            return int(text[:-2]) * {"Mi": 1, "Gi": 1024}[text[-2:]]
        for _, _, spec in pods(manifests):
            for container in spec["containers"]:
                resources = container["resources"]
                assert bytes_of(resources["limits"]["memory"]) >= bytes_of(resources["requests"]["memory"])
                assert "cpu" not in resources["limits"]

    def test_pods_are_restricted(self, manifests):
        assert len(list(pods(manifests))) >= 2
        for _, _, spec in pods(manifests):
            assert spec["automountServiceAccountToken"] is False
            # A service named autosignin would bring AUTOSIGNIN_... variables, which the worker refuses.
            assert spec["enableServiceLinks"] is False
            assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
            assert spec["securityContext"]["runAsNonRoot"] is True
            assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
            for container in spec["containers"] + spec.get("initContainers", []):
                context = container["securityContext"]
                assert context == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                   "capabilities": {"drop": ["ALL"]}}

    def test_network_ports_exist(self, manifests):
        for it in manifests:
            if it["kind"] == "NetworkPolicy":
                for rule in it["spec"]["ingress"] + it["spec"]["egress"]:
                    assert rule["ports"]
                    for port in rule["ports"]:
                        assert 1 <= port["port"] <= 65535

    def test_no_key_material(self, manifests):
        assert not [it for it in manifests if it["kind"] == "Secret"]
        assert "PRIVATE KEY" not in yaml.safe_dump_all(manifests)


def worker_pod(values=None, combination="production"):
    return one(render(combination, values), "StatefulSet")["spec"]["template"]


@pytest.mark.parametrize("drain,margin,seconds", [
    (None, 15, 35), ("45s", 15, 60), ("1500ms", 12, 14), ("2m", 30, 150), ("1h", 15, 3615)])
def test_the_grace_period_follows_the_drain(drain, margin, seconds):
    values = {"terminationGraceMarginSeconds": margin, **({"config": {"drain_timeout": drain}} if drain else {})}
    assert worker_pod(values, "local")["spec"]["terminationGracePeriodSeconds"] == seconds


def test_each_replica_is_a_static_member_of_its_own():
    config = yaml.safe_load(one(render("production"), "ConfigMap", "autosignin-worker")["data"]["worker.yaml"])
    # The worker's default is {hostname}, which is the pod's name with its ordinal.
    assert "group_instance_id" not in config["kafka"]
    assert "hostNetwork" not in worker_pod()["spec"]


def test_a_changed_configuration_restarts_and_a_changed_secret_does_not():
    def checksum(values):
        return worker_pod(values)["metadata"]["annotations"]["checksum/config"]
    assert checksum({}) != checksum({"config": {"apple": {"in_flight_max": 7}}})
    assert checksum({}) == checksum({"podLabels": {"a": "b"}})
    assert checksum({}) == checksum({"secrets": {"kafka": {"existingSecret": "another"}}})


def test_the_startup_is_given_longer_than_a_join():
    probe = worker_pod()["spec"]["containers"][0]["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 2 * 45


@pytest.mark.parametrize("config,kafka,apple", [
    ({}, [9093], [443]),
    ({"kafka": {"bootstrap_servers": "a:9092, b:9094,c"}}, [9092, 9094], [443]),
    ({"apple": {"proxy": "http://proxy.internal:3128", "transport": "http1"}}, [9093], [3128]),
    ({"apple": {"endpoints": {"production": "https://apple.internal:8443"}}}, [9093], [8443, 443]),
    ({"sign_in_with_apple": {"endpoint": "https://id.internal:9443", "clients": [
        {"client_id": "c", "team_id": "t", "keys": [{"id": "k", "file": "/k.p8"}]}]}}, [9093], [443, 9443]),
])
def test_the_network_policy_lets_through_what_the_configuration_names(config, kafka, apple):
    dns, brokers, https = one(render("production", {"config": config}), "NetworkPolicy")["spec"]["egress"]
    assert [(it["port"], it["protocol"]) for it in dns["ports"]] == [(53, "UDP"), (53, "TCP")]
    assert [it["port"] for it in brokers["ports"]] == kafka
    assert [it["port"] for it in https["ports"]] == apple


def test_cilium_gets_names_instead_of_addresses():
    manifests = render("keda")
    assert len(one(manifests, "NetworkPolicy")["spec"]["egress"]) == 2
    policy = one(manifests, "CiliumNetworkPolicy", "-apple")
    names = [rule["toFQDNs"][0]["matchName"] for rule in policy["spec"]["egress"] if "toFQDNs" in rule]
    assert names == ["api.storekit.itunes.apple.com", "api.storekit-sandbox.itunes.apple.com"]
    dns = [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "openshift-dns"}}]
    policy = one(render("keda", {"networkPolicy": {"ciliumDns": dns}}), "CiliumNetworkPolicy", "-apple")
    assert policy["spec"]["egress"][0]["toEndpoints"] == dns


def test_keda_scales_on_lag_and_owns_the_replicas():
    manifests = render("keda")
    scaled = one(manifests, "ScaledObject")["spec"]
    assert scaled["scaleTargetRef"]["name"] == one(manifests, "StatefulSet")["metadata"]["name"]
    assert "replicas" not in one(manifests, "StatefulSet")["spec"]
    assert [it["metadata"]["topic"] for it in scaled["triggers"]] == ["account-events", "account-events-eu"]


@pytest.mark.parametrize("properties,tls,sasl", [
    ({"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512"}, "enable", "scram_sha512"),
    ({"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN"}, "enable", "plaintext"),
    ({"security.protocol": "sasl_plaintext", "sasl.mechanism": "SCRAM-SHA-256"}, None, "scram_sha256"),
    ({"security.protocol": "SSL"}, "enable", None),
    ({"security.protocol": "PLAINTEXT"}, None, None),
])
def test_keda_speaks_to_the_brokers_as_the_worker_does(properties, tls, sasl):
    for trigger in one(render("keda", {"config": {"kafka": {"properties": properties}}}), "ScaledObject")["spec"]["triggers"]:
        assert (trigger["metadata"].get("tls"), trigger["metadata"].get("sasl")) == (tls, sasl)


def test_kedas_credentials_are_in_the_secret_that_the_readme_makes():
    readme = (CHART / "README.md").read_text()
    made = re.search(r"secret generic autosignin-kafka (.*)", readme)[1]
    manifests = render("keda")
    (authentication,) = [it for it in manifests if it["kind"] == "TriggerAuthentication"]
    assert one(manifests, "ScaledObject")["spec"]["triggers"][0]["authenticationRef"]["name"] == authentication["metadata"]["name"]
    parameters = {it["parameter"]: it["key"] for it in authentication["spec"]["secretTargetRef"]}
    # The worker's brokers are known by their own CA, so KEDA needs it as well.
    assert set(parameters) == {"username", "password", "ca"}
    for key in parameters.values():
        assert re.search(rf"--from-(file|literal)={re.escape(key)}\b", made), key


def test_a_large_threshold_stays_a_number():
    (trigger,) = one(render("keda", {"keda": {"lagThreshold": 2000000}, "config": {"kafka": {"topics": ["events"]}}}),
                     "ScaledObject")["spec"]["triggers"]
    assert trigger["metadata"]["lagThreshold"] == "2000000"
    config = one(render("local", {"config": {"limits": {"records_buffered_max": 2000000}}}), "ConfigMap", "autosignin-worker")
    assert "records_buffered_max: 2000000\n" in config["data"]["worker.yaml"]


def rules_of(values):
    spec = one(render("production", values), "PrometheusRule")["spec"]
    return {rule["alert"]: rule for group in spec["groups"] for rule in group["rules"] if "alert" in rule}


def test_values_change_alerts():
    plain = rules_of({})
    assert set(plain) == set(values_reference.alerts_of())
    for name, rule in plain.items():
        assert rule["annotations"]["runbook_url"] == f"https://runbooks.example.com/autosignin/{name}.md"
        assert rule["labels"]["team"] == "identity"
    changed = rules_of({"prometheusRule": {"alerts": {
        "AutosigninThrottled": {"enabled": False}, "AutosigninBreakerOpen": {"for": "9m", "severity": "info", "expr": "up == 0"}}}})
    assert set(plain) - set(changed) == {"AutosigninThrottled"}
    breaker = changed["AutosigninBreakerOpen"]
    assert (breaker["for"], breaker["labels"]["severity"], breaker["expr"]) == ("9m", "info", "up == 0")
    assert set(plain) - set(rules_of({"config": {"dead_letters": {"watch": False}}})) == {"AutosigninDeadLettersUnwatched"}


def test_the_chart_knows_how_much_time_the_worker_takes_itself():
    reference = subprocess.run([WORKER, "config-reference"], capture_output=True, text=True, check=True).stdout
    prefix = "events.time_to_execute."
    own = {path.removeprefix(prefix): default.strip("`")
           for path, default, _, _ in values_reference.keys_of(reference) if path.startswith(prefix)}
    rules = (CHART / "templates" / "_rules.tpl").read_text()
    known = yaml.safe_load(re.search(r'define "autosignin.patience" -\}\}\n(.*?)\n', rules)[1])
    assert known == own and len(own) == 7
    # Faster than promised, and just as promised after a change of both.
    assert groups_of({"config": {"events": {"time_to_execute": {"password_changed": "1500ms", "deleted": "60s"}}},
                      "slo": {"objectives": [{"type": "account.deleted.v1", "seconds": 60, "ratio": 0.99}]}})


def groups_of(values, combination="production", namespace="identity"):
    done = helm("template", "release", CHART, "--namespace", namespace, "--kube-version", "1.31.0", *files_of(combination),
                "--show-only", "templates/prometheusrule.yaml", values=values)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)["spec"]["groups"]


@pytest.mark.parametrize("values,combination,job", [
    ({}, "production", "release-autosignin-worker"),
    ({"prometheusRule": {"enabled": True}}, "keda", "identity/release-autosignin-worker"),
    ({"prometheusRule": {"job": "pods"}, "serviceMonitor": {"enabled": False}}, "production", "pods"),
])
def test_rules_ask_for_their_own_release_alone(values, combination, job):
    scope = {"namespace": "identity", "job": job}
    asked = 0
    for rule in [rule for group in groups_of(values, combination) for rule in group["rules"]]:
        found, _ = selectors(rule["expr"])
        if not found:
            assert scope.items() <= rule["labels"].items(), rule
        for selector in found:
            asked += 1
            assert scope.items() <= {it.name: it.value for it in selector.matchers.matchers}.items(), (selector.name, rule["expr"])
    assert asked >= 100


def test_releases_under_one_prometheus_leave_each_other_alone(tmp_path):
    """One is gone and was slow; the other has other objectives and is well."""
    files = []
    for namespace, values in (("one", {}), ("two", {"slo": {"objectives": [
            {"type": "account.deleted.v1", "seconds": 900, "ratio": 0.5}]}})):
        groups = [{**group, "interval": "1m"} for group in groups_of(values, namespace=namespace)]
        for rule in [rule for group in groups for rule in group["rules"]]:
            rule.pop("annotations", None)
        file = tmp_path / f"{namespace}.yaml"
        file.write_text(yaml.safe_dump({"groups": groups}))
        assert promtool("check", "rules", file).returncode == 0
        files.append(str(file))
    series = []
    for namespace, in_time in (("one", "0+7x120 840x500"), ("two", "0+7x700")):
        labels = f'namespace="{namespace}",job="release-autosignin-worker",instance="{namespace}",type="account.deleted.v1"'
        series += [{"series": f'autosignin_time_to_execute_seconds_bucket{{{labels},le="900"}}', "values": in_time},
                   {"series": f"autosignin_time_to_execute_seconds_count{{{labels}}}", 
                    "values": "0+10x120 _x600" if namespace == "one" else "0+10x700"},
                   {"series": f'autosignin_events_settled_total{{{labels},outcome="dead_lettered"}}', "values": "0x700"},
                   {"series": f'autosignin_build_info{{{labels}}}', "values": "1x120 _x600" if namespace == "one" else "1x700"}]
    own = {"namespace": "one", "job": "release-autosignin-worker", "severity": "critical", "team": "identity"}
    absent = [{"exp_labels": own}]
    checks = [{"eval_time": "100m", "alertname": "AutosigninBudgetBurn",
               "exp_alerts": [{"exp_labels": {**own, "type": "account.deleted.v1", "le": "900", "window": window, "severity": severity}}
                              for window, severity in (("1h", "critical"), ("6h", "critical"), ("1d", "warning"))]},
              # Nobody is told for ever after 6 h, and a release that was taken away has taken its rules with it.
              *({"eval_time": f"{hours}h", "alertname": "AutosigninWorkerAbsent", "exp_alerts": absent} for hours in (3, 5, 8, 9, 11))]
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": files, "evaluation_interval": "1m", "tests": [
        {"interval": "1m", "input_series": series, "alert_rule_test": checks}]}))
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dead_letter_report_is_a_command_of_the_worker():
    (container,) = one(render("production"), "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["dead-letters", "list", "--format", "json", "--fail-when-open"]


def boards_of(namespace, release):
    done = helm("template", release, CHART, "--namespace", namespace, "--kube-version", "1.31.0", *files_of("production"),
                "--show-only", "templates/dashboards.yaml")
    assert done.returncode == 0, done.stderr
    return {name: json.loads(text) for it in yaml.safe_load_all(done.stdout) for name, text in it["data"].items()}


def test_releases_share_a_grafana():
    """A second release once took the first one's place there: same files in the sidecar's folder, same uids."""
    all_of_them = [boards_of("identity", "one"), boards_of("identity", "two"), boards_of("staging", "one")]
    boards = [board for found in all_of_them for board in found.values()]
    assert len(boards) == 12 and len(set().union(*all_of_them)) == 12
    for member in ("uid", "title"):
        assert len({board[member] for board in boards}) == 12
    assert all(len(board["uid"]) <= 40 for board in boards)  # Grafana takes no longer ones
    assert boards_of("identity", "one") == all_of_them[0]
    for name, board in all_of_them[1].items():
        assert name.startswith("identity.two-autosignin-worker.") and board["title"].endswith(" (identity/two-autosignin-worker)")
        opened = {it["name"]: it["current"]["value"] for it in board["templating"]["list"] if "current" in it}
        assert opened == {"namespace": ["identity"], "job": ["two-autosignin-worker"]}
        shipped = json.loads((CHART / "dashboards" / name.removeprefix("identity.two-autosignin-worker.")).read_text())
        assert board["panels"] == shipped["panels"]


# What the schema must refuse, at every level, with a message that names the place.
BAD_VALUES = [
    ({"replicas": 3}, "replicas"),
    ({"image": {"repo": "x"}}, "repo"),
    ({"image": {"digest": "latest"}}, "digest"),
    ({"image": {"pullPolicy": "Sometimes"}}, "pullPolicy"),
    ({"replicaCount": "three"}, "replicaCount"),
    ({"config": {"kafka": {"bootstrap_server": "x"}}}, "bootstrap_server"),
    ({"config": {"kafka": {"auto_offset_reset": "latest"}}}, "auto_offset_reset"),
    ({"config": {"apple": {"in_flight_max": 0}}}, "in_flight_max"),
    ({"config": {"apple": {"retry": {"base": "fast"}}}}, "base"),
    ({"config": {"drain_timeout": "20 seconds"}}, "drain_timeout"),
    ({"config": {"apps": [{"name": "tv"}]}}, "bundle_id"),
    ({"config": {"apps": [{"name": "tv", "bundle_id": "b", "issuer_id": "i", "keys": [{"id": "K", "path": "p"}]}]}}, "path"),
    ({"config": {"log": {"level": "trace"}}}, "level"),
    ({"config": {"limits": {"records_buffered_max": 1.5}}}, "records_buffered_max"),
    ({"secrets": {"appleKeys": {"key": "-----BEGIN PRIVATE KEY-----"}}}, "key"),
    ({"terminationGraceMarginSeconds": 5}, "terminationGraceMarginSeconds"),
    ({"probes": {"liveness": {"path": "/"}}}, "path"),
    ({"podDisruptionBudget": {"minAvailable": 1}}, "minAvailable"),
    ({"podDisruptionBudget": {"maxUnavailable": 0}}, "maxUnavailable"),
    ({"networkPolicy": {"kafkaPorts": [70000]}}, "kafkaPorts"),
    ({"networkPolicy": {"enable": True}}, "enable"),
    ({"serviceMonitor": {"interval": "15"}}, "interval"),
    ({"prometheusRule": {"alerts": {"AutosigninTypo": {"enabled": False}}}}, "AutosigninTypo"),
    ({"prometheusRule": {"alerts": {"AutosigninThrottled": {"severity": "page"}}}}, "severity"),
    ({"slo": {"objectives": [{"type": "account.deleted.v1", "seconds": 61, "ratio": 0.99}]}}, "seconds"),
    ({"slo": {"objectives": [{"type": "account.deleted.v1", "seconds": 60, "ratio": 1}]}}, "ratio"),
    ({"slo": {"objectives": [{"type": "account.closed", "seconds": 60, "ratio": 0.9}]}}, "type"),
    ({"keda": {"minReplicaCount": 0}}, "minReplicaCount"),
    ({"deadLettersReport": {"schedule": "daily"}}, "schedule"),
    ({"extraEnv": {"A": "b"}}, "extraEnv"),
    ({"podLabels": {"a": 1}}, "podLabels"),
    ({"fullnameOverride": "Worker"}, "fullnameOverride"),
    ({"fullnameOverride": "worker_eu"}, "fullnameOverride"),
    ({"fullnameOverride": "1worker"}, "fullnameOverride"),
    ({"fullnameOverride": "w" * 41}, "fullnameOverride"),
    ({"nameOverride": "Worker"}, "nameOverride"),
    ({"nameOverride": "worker-"}, "nameOverride"),
    ({"nameOverride": "w" * 41}, "nameOverride"),
    ({"commonLabels": {"team": "identity team"}}, "commonLabels"),
    ({"commonLabels": {"team lead": "identity"}}, "commonLabels"),
    ({"podLabels": {"a/b/c": "d"}}, "podLabels"),
    ({"podAnnotations": {"a b": "c"}}, "podAnnotations"),
    ({"nodeSelector": {"disk": "ssd "}}, "nodeSelector"),
    ({"prometheusRule": {"alertLabels": {"on-call": "identity"}}}, "alertLabels"),
    ({"image": {"repository": "https://registry.example.com/autosignin-worker"}}, "repository"),
    ({"image": {"repository": "registry.example.com/autosignin-worker:0.1.0"}}, "repository"),
    ({"image": {"repository": "registry.example.com/Identity/autosignin-worker"}}, "repository"),
    ({"image": {"tag": "0.1.0+build"}}, "tag"),
    ({"podDisruptionBudget": {"maxUnavailable": "0%"}}, "maxUnavailable"),
    ({"serviceMonitor": {"interval": "0s"}}, "interval"),
    ({"resources": {"limits": {"memory": "512MB"}}}, "memory"),
    ({"resources": {"requests": {"cpu": "1.2.3"}}}, "cpu"),
    ({"deadLettersReport": {"schedule": "17 24 * * *"}}, "schedule"),
    ({"deadLettersReport": {"schedule": "17 7 * * 7"}}, "schedule"),
    ({"extraArgs": ["--config", "/another.yaml"]}, "extraArgs"),
    # Combinations that no schema can see; the templates refuse them with a remedy.
    ({"image": {"repository": ""}}, "image.repository is missing"),
    ({"config": {"kafka": {"bootstrap_servers": ""}}}, "config.kafka.bootstrap_servers is missing"),
    ({"config": {"kafka": {"topics": []}}}, "config.kafka.topics is empty"),
    ({"config": {"apps": []}}, "config.apps is empty"),
    ({"config": {"kafka": {"group_instance_id": "worker-1"}}}, "must contain {hostname}"),
    ({"config": {"admin": {"address": "127.0.0.1"}}}, "loopback"),
    ({"config": {"admin": {"address": "10.1.2.3"}}}, "one that not every pod has"),
    ({"config": {"admin": {"port": 0}}}, "must not be 0"),
    ({"config": {"admin": {"port": 80}}}, "ports below 1024"),
    ({"config": {"kafka": {"bootstrap_servers": "kafka:9092, localhost:9092"}}}, "names localhost:9092, which is the pod itself"),
    ({"config": {"apps": [{"name": "tv", "bundle_id": "b", "issuer_id": "i"}]}}, "config.apps[0].keys is empty"),
    ({"config": {"sign_in_with_apple": {"clients": [{"client_id": "c", "team_id": "t"}]}}},
     "config.sign_in_with_apple.clients[0].keys is empty"),
    ({"podAnnotations": {"checksum/config": "x"}}, "podAnnotations has the annotation checksum/config"),
    ({"secrets": {"appleKeys": {"existingSecret": ""}}},
     "config.apps[0].keys[0].file names /etc/autosignin/secrets/apple/AuthKey_2X9R4HXF34.p8, where nothing is mounted: "
     "set secrets.appleKeys.existingSecret to the secret that holds AuthKey_2X9R4HXF34.p8"),
    ({"secrets": {"kafka": {"existingSecret": ""}}}, "config.kafka.properties.sasl.password.file names"),
    ({"secrets": {"kafka": {"existingSecret": ""}}}, "config.kafka.properties.ssl.ca.location names"),
    ({"secrets": {"fingerprint": {"existingSecret": ""}}}, "set secrets.fingerprint.existingSecret"),
    ({"config": {"receipts": {"fingerprint_key_file": "/etc/autosignin/secrets/kye/key"}}}, "where nothing is mounted"),
    ({"config": {"receipts": {"fingerprint_key_file": "key"}}}, 'is the relative path "key"'),
    ({"config": {"receipts": {"fingerprint_key_file": ""}}}, "secrets.fingerprint.existingSecret is mounted and not used"),
    ({"config": {"kafka": {"properties": {"sasl.username": ""}}}}, "config.kafka.properties.sasl.username is missing"),
    ({"config": {"kafka": {"properties": {"sasl.password.file": ""}}}}, "config.kafka.properties.sasl.password.file is missing"),
    ({"extraEnv": [{"name": "TZ", "value": "UTC"}, {"name": "AUTOSIGNIN_ADMIN__PORT", "value": "9000"}]},
     "extraEnv[1] is AUTOSIGNIN_ADMIN__PORT"),
    ({"extraEnv": [{"name": "AUTOSIGNIN_Kafka__Group_Instance_Id", "value": "one"}]}, "extraEnv[0] is AUTOSIGNIN_Kafka__Group_Instance_Id"),
    ({"extraEnv": [{"name": "AUTOSIGNIN_CONFIG", "value": "/another.yaml"}]}, "extraEnv[0] is AUTOSIGNIN_CONFIG"),
    ({"extraVolumes": [{"name": "kafka", "emptyDir": {}}]}, "extraVolumes has a second volume kafka"),
    ({"extraVolumeMounts": [{"name": "more", "mountPath": "/more"}]}, "mounts the volume more, which does not exist"),
    ({"extraVolumes": [{"name": "more", "emptyDir": {}}], "extraVolumeMounts": [
        {"name": "more", "mountPath": "/etc/autosignin/config/"}]}, "where something is mounted already"),
    ({"extraContainers": [{"name": "worker", "image": "busybox"}]}, "a second container worker"),
    ({"extraInitContainers": [{"name": "check-config", "image": "busybox"}]}, "a second container check-config"),
    ({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}]},
     "topologySpreadConstraints[0] has no labelSelector"),
    ({"podSecurityContext": {"runAsUser": 0}}, "runAsUser 0 is root"),
    ({"podSecurityContext": {"fsGroup": None}}, "podSecurityContext.fsGroup is missing"),
    ({"containerSecurityContext": {"privileged": True}}, "privileged needs what"),
    ({"resources": {"requests": {"memory": "1Gi"}}}, "resources.requests.memory (1Gi) is above resources.limits.memory (768Mi)"),
    ({"resources": {"requests": {"cpu": 2}, "limits": {"cpu": "1500m"}}}, "resources.requests.cpu (2) is above"),
    ({"deadLettersReport": {"resources": {"requests": {"memory": "1G"}}}}, "deadLettersReport.resources.requests.memory (1G) is above"),
    ({"deadLettersReport": {"resources": {"requests": {"memory": "32Mi"}, "limits": {"memory": "48Mi"}}}}, "is below the 64Mi"),
    ({"resources": {"requests": {"memory": "128Mi"}, "limits": {"memory": "200Mi"}}}, "resources.limits.memory (200Mi) is below the 212Mi"),
    ({"config": {"limits": {"bytes_buffered_max": "1GiB"}}}, "is below the 1108Mi"),
    ({"config": {"limits": {"records_buffered_max": 1000000, "bytes_buffered_max": "256MiB"}}}, "is below the 1305Mi"),
    ({"config": {"kafka": {"properties": {"queued.max.messages.kbytes": 1048576}}}}, "is below the 1220Mi"),
    ({"resources": {"requests": {"memory": "100m"}, "limits": {"memory": "768m"}}}, "resources.limits.memory (768m) is below"),
    ({"networkPolicy": {"enabled": False, "ciliumFqdn": True}}, "networkPolicy.ciliumFqdn without networkPolicy.enabled"),
    ({"networkPolicy": {"ciliumFqdn": True}, "config": {"apple": {"proxy": "http://10.0.0.7:3128", "transport": "http1"}}},
     "config has the address 10.0.0.7:3128"),
    ({"networkPolicy": {"ciliumFqdn": True}, "config": {"apple": {"proxy": "http://squid.egress.svc:3128", "transport": "http1"}}},
     "config has the service squid.egress.svc:3128"),
    ({"networkPolicy": {"ciliumFqdn": True, "ciliumDns": []}}, "/networkPolicy/ciliumDns"),
    ({"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}, "enable one"),
    ({"serviceMonitor": {"scrapeTimeout": "30s"}}, "serviceMonitor.scrapeTimeout (30s) is longer than serviceMonitor.interval (15s)"),
    ({"serviceMonitor": {"enabled": False}, "podMonitor": {"enabled": True, "interval": "9000ms"}},
     "podMonitor.scrapeTimeout (10s) is longer than podMonitor.interval (9000ms)"),
    ({"serviceMonitor": {"interval": "3m"}}, "serviceMonitor.interval (3m) is too long for the rules"),
    ({"serviceMonitor": {"relabelings": [{"targetLabel": "job", "replacement": "x"}]}}, "or name the new value in prometheusRule.job"),
    ({"serviceMonitor": {"metricRelabelings": [{"targetLabel": "namespace", "replacement": "x"}]},
      "prometheusRule": {"job": "x"}}, "serviceMonitor.metricRelabelings writes the label namespace"),
    ({"prometheusRule": {"alertLabels": {"severity": "page"}}}, "prometheusRule.alertLabels has the label severity"),
    ({"slo": {"objectives": [{"type": "account.deleted.v1", "seconds": 900, "ratio": ratio} for ratio in (0.99, 0.999)]}},
     "account.deleted.v1 within 900 s twice"),
    ({"serviceMonitor": {"enabled": False}}, "prometheusRule.job"),
    ({"commonLabels": {"app.kubernetes.io/version": "x"}}, "commonLabels has the label app.kubernetes.io/version"),
    ({"podLabels": {"app.kubernetes.io/instance": "x"}}, "podLabels has the label app.kubernetes.io/instance"),
    ({"commonLabels": {"release": "x"}}, "release, which is set already"),
    ({"config": {"events": {"time_to_execute": {"password_changed": "5m"}}}}, "config.events.time_to_execute.password_changed"),
    ({"slo": {"objectives": [{"type": "account.deleted.v1", "seconds": 60, "ratio": 0.99}]}}, "config.events.time_to_execute.deleted"),
    ({"slo": {"objectives": [{"type": "account.session-check.v1", "seconds": 900, "ratio": 0.9}]}}, "time_to_execute.session_check"),
    ({"config": {"apple": {"proxy": "http://user:hidden@proxy.internal:3128", "transport": "http1"}}}, "has a password in it"),
    ({"keda": {"enabled": True}, "config": {"kafka": {"properties": {"security.protocol": "SASL_SSL"}}}}, "keda.authenticationRef"),
    ({"keda": {"enabled": True, "authenticationRef": "kafka", "minReplicaCount": 7}},
     "keda.minReplicaCount (7) is above keda.maxReplicaCount (6)"),
    ({"keda": {"enabled": True, "authenticationRef": "kafka"}, "config": {"kafka": {"properties": {"sasl.mechanism": "OAUTHBEARER"}}}},
     "keda.enabled with sasl.mechanism OAUTHBEARER"),
    ({"keda": {"enabled": True}, "config": {"apps": [{
        "name": "tv", "bundle_id": "b", "issuer_id": "i", "requests_per_second": 50, "keys": [{"id": "K", "file": "/k"}]}]}},
     "would break your quota"),
    ({"keda": {"enabled": True}, "config": {"sign_in_with_apple": {"clients": [{
        "client_id": "com.example.tv", "team_id": "T", "requests_per_second": 5, "keys": [{"id": "K", "file": "/k"}]}]}}},
     "the client com.example.tv of Sign in with Apple"),
]


@pytest.mark.parametrize("values,named", BAD_VALUES, ids=[f"{named}-{at}" for at, (_, named) in enumerate(BAD_VALUES)])
def test_bad_values_are_refused(values, named):
    done = helm("template", "release", CHART, "--kube-version", "1.31.0", *files_of("production"), values=values)
    assert done.returncode != 0
    assert named in done.stderr, done.stderr


@pytest.mark.parametrize("values,named", BAD_VALUES[::20])
def test_bad_values_are_refused_by_lint_as_well(values, named):
    """Of a template's `fail` lint only takes note, and once found bad values to be well."""
    done = helm("lint", "--strict", CHART, *files_of("production"), values=values)
    assert done.returncode != 0
    assert named in done.stdout + done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("release,named", [
    ("1st", "gives the name 1st-autosignin-worker, which a Service must not have"),
    ("accounts.eu", "gives the name accounts.eu-autosignin-worker"),
    ("r" * 38 + "--x", "gives the name " + "r" * 38 + "-,"),
    ("Accounts", "invalid release name"),  # by helm itself
])
def test_a_release_whose_name_makes_no_good_names_is_refused(release, named):
    done = helm("template", release, CHART, "--kube-version", "1.31.0", *files_of("production"))
    assert done.returncode != 0
    assert named in done.stderr, done.stderr


@pytest.mark.parametrize("values,release", [
    ({"fullnameOverride": "w" * 40}, "release"), ({"nameOverride": "n" * 40}, "release"), ({}, "r" * 53)])
def test_the_longest_names_are_names_with_all_that_is_added_to_them(values, release):
    done = helm("template", release, CHART, "--namespace", "identity", "--kube-version", "1.31.0", *files_of("keda"), values=values)
    assert done.returncode == 0, done.stderr
    manifests = [it for it in yaml.safe_load_all(done.stdout) if it]
    for it in manifests:
        assert len(it["metadata"]["name"]) <= (52 if it["kind"] == "CronJob" else 63), it["metadata"]["name"]
    # A pod's name, and that of its revision, are labels of the pod.
    name = one(manifests, "StatefulSet")["metadata"]["name"]
    assert len(f"{name}-999") <= 63 and len(f"{name}-{'0' * 10}") <= 63


def paths_of(values, path=()):
    for name, value in values.items():
        yield path + (name,)
        if isinstance(value, dict):
            yield from paths_of(value, path + (name,))


def test_a_value_that_is_taken_away_renders_or_is_refused_in_words():
    """`podAnnotations:` with nothing behind it is null, and null takes a default away."""
    said = ("specifications of the schema", "these values cannot work")
    unsaid = {}
    for path in paths_of(yaml.safe_load((CHART / "values.yaml").read_text())):
        done = helm("template", "release", CHART, "--kube-version", "1.31.0", *files_of("keda"),
                    values=functools.reduce(lambda inner, name: {name: inner}, reversed(path), None))
        if done.returncode != 0 and not any(words in done.stderr for words in said):
            unsaid[".".join(path)] = done.stderr
    assert not unsaid, "\n".join(f"{path}: {text}" for path, text in unsaid.items())


def everything_but_worker_yaml(values):
    """What the chart makes of the values besides handing on `config`, or its own refusal; None: the schema's."""
    done = helm("template", "release", CHART, "--namespace", "identity", "--kube-version", "1.31.0", *files_of("keda"),
                values={"prometheusRule": {"enabled": True}, **values})
    if "specifications of the schema" in done.stderr:
        return None
    return done.stderr or re.sub(r"\n  worker\.yaml: \|\n(    .*\n)+|checksum/config: \w+", "", done.stdout)


def other_values(example):
    """The reference's example, which may be the default, and one that is not."""
    if re.fullmatch(r"[0-9]+", example):
        return [int(example), int(example) + 1]
    if example in ("true", "false"):
        return [example == "true"]
    if re.fullmatch(values_reference.PATTERNS["duration"], example):
        return [example, "30d"]
    return [example, example + "x"]


def keys_that_the_chart_reads():
    """Those where another value changes manifests or is refused by a template."""
    reference = subprocess.run([WORKER, "config-reference"], capture_output=True, text=True, check=True).stdout
    apps = yaml.safe_load((EXAMPLES / "values-production.yaml").read_text())["config"]["apps"]
    clients = [{"client_id": "c", "team_id": "t", "keys": [{"id": "K", "file": SECRETS + "apple/k.p8"}]}]
    config = {"apps": apps, "sign_in_with_apple": {"clients": clients}}
    plain = everything_but_worker_yaml({"config": config})
    assert "kind: StatefulSet" in plain
    for path, example in values_reference.examples_of(reference):
        for value in other_values(example):
            changed = copy.deepcopy(config)
            node, levels = changed, path.removesuffix(".*").split(".")
            for level in levels[:-1]:
                node = node.setdefault(level.removesuffix("[]"), {})
                node = node[0] if level.endswith("[]") else node
            node[levels[-1].removesuffix("[]")] = [value] if path.endswith("[]") else {"a.b": value} if path.endswith(".*") else value
            if everything_but_worker_yaml({"config": changed}) not in (plain, None):
                yield path
                break


def test_no_variable_changes_behind_the_charts_back_what_it_has_read():
    read = list(keys_that_the_chart_reads())
    assert {"admin.port", "kafka.group_id", "apps[].base_url", "drain_timeout"} <= set(read) and len(read) < 40, read
    variables = {"AUTOSIGNIN_" + re.sub(r"\[\]$|\.\*$", "", path).replace("[].", "__0__").replace(".", "__").upper() for path in read}
    done = helm("template", "release", CHART, "--kube-version", "1.31.0", *files_of("production"),
                values={"extraEnv": [{"name": name, "value": "x"} for name in sorted(variables)]})
    assert set(re.findall(r"^- extraEnv\[\d+\] is (\w+)", done.stderr, flags=re.M)) == variables
    free = ["AUTOSIGNIN_APPLE__IN_FLIGHT_MAX", "AUTOSIGNIN_LOG__LEVEL", "AUTOSIGNIN_KAFKA__SESSION_TIMEOUT", "ADMIN", "APPS"]
    assert worker_pod({"extraEnv": [{"name": name, "value": "x"} for name in free]})


def test_all_problems_are_told_at_once():
    done = helm("template", "release", CHART, "--kube-version", "1.31.0", values={})
    assert done.returncode != 0
    for named in ("image.repository is missing", "config.kafka.bootstrap_servers is missing", "config.kafka.topics is empty",
                  "config.apps is empty"):
        assert f"- {named}" in done.stderr, done.stderr


def secret_properties():
    """What the worker itself takes from a file alone."""
    source = (ROOT / "worker" / "adapters" / "kafka" / "properties.cpp").read_text()
    names = re.findall(r'"([a-z.]+)"', source.split("constexpr std::array secrets{")[1].split("};")[0])
    assert len(names) >= 6
    return names


@pytest.mark.parametrize("name", secret_properties())
def test_a_secret_gets_into_no_config_map(name):
    done = helm("template", "release", CHART, "--kube-version", "1.31.0", *files_of("production"),
                values={"config": {"kafka": {"properties": {name: "hidden"}}}})
    assert done.returncode != 0
    assert f"config.kafka.properties.{name} is a secret" in done.stderr and f"{name}.file" in done.stderr
    assert "hidden" not in done.stderr + done.stdout


def open_objects(schema, path=""):
    """Objects of the values that take any name without saying why."""
    if isinstance(schema, dict):
        if "object" in str(schema.get("type")) and "additionalProperties" not in schema:
            passed_on = ("As Kubernetes documents it", "parent charts")
            if not any(words in schema.get("description", "") for words in passed_on) and not path.endswith("/items"):
                yield path
        for name, child in schema.items():
            yield from open_objects(child, f"{path}/{name}")


def test_the_schema_is_strict_and_described_at_every_level():
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert list(open_objects(schema)) == []

    def described(node, path):
        for name, child in node.get("properties", {}).items():
            assert child.get("$ref") or child.get("description"), f"{path}.{name}"
            described(child, f"{path}.{name}")
            described(child.get("items", {}), f"{path}.{name}[]")
    described(schema, "")


def test_what_is_derived_is_up_to_date():
    done = subprocess.run([os.sys.executable, values_reference.__file__, "--worker", WORKER, "--helm", HELM],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr + "bring it up to date: tests/helm/run --update"


def keys_of(node, path=""):
    for name, child in node.items():
        for item in child if isinstance(child, list) and path + name in ("apps", "keys") else [child]:
            if isinstance(item, dict):
                yield from keys_of(item, f"{path}{name}.")
            else:
                yield path + name


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_the_worker_takes_the_rendered_configuration(combination, tmp_path):
    """With the secrets that the pods would have; so every key exists and every value is one."""
    text = one(render(combination), "ConfigMap", "autosignin-worker")["data"]["worker.yaml"]
    mounted = {mount["mountPath"] + "/" for mount in worker_pod(combination=combination)["spec"]["containers"][0]["volumeMounts"]}
    for named in set(re.findall(re.escape(SECRETS) + r"\S+", text)):
        assert any(named.startswith(folder) for folder in mounted), f"{named} is in no mounted secret"
        file = tmp_path / named.removeprefix(SECRETS)
        file.parent.mkdir(exist_ok=True, parents=True)
        if file.suffix == ".p8":
            subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file],
                           check=True, capture_output=True)
        elif file.suffix == ".pem":
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-keyout", os.devnull, "-subj", "/CN=test", "-out", file], check=True, capture_output=True)
        else:
            file.write_bytes(b"x" * 32)
        file.chmod(0o440)
    config = tmp_path / "worker.yaml"
    config.write_text(text.replace(SECRETS, f"{tmp_path}/"))
    done = subprocess.run([WORKER, "check-config", "--config", config], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stdout, done.stdout


@pytest.fixture(scope="module")
def notes_of(tmp_path_factory):
    # Only an install prints the notes, and that needs a cluster; so they are rendered as a text of a manifest.
    copy = tmp_path_factory.mktemp("notes") / "chart"
    shutil.copytree(CHART, copy)
    notes = (copy / "templates" / "NOTES.txt").read_text()
    (copy / "templates" / "_notes.tpl").write_text('{{- define "notes" -}}' + notes + "{{- end -}}")
    (copy / "templates" / "notes.yaml").write_text(
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes}\ndata:\n  text: {{ include "notes" . | quote }}\n')

    def render_notes(combination, values=None):
        done = helm("template", "release", copy, "--show-only", "templates/notes.yaml", "--kube-version", "1.31.0",
                    *files_of(combination), values=values)
        assert done.returncode == 0, done.stderr
        return yaml.safe_load(done.stdout)["data"]["text"]
    return render_notes


def test_notes_tell_the_next_step(notes_of):
    text = notes_of("local")
    for words in ("rollout status statefulset/release-autosignin-worker", "helm -n default test release", "NOBODY SCRAPES IT",
                  "NOBODY IS PAGED", "dead-letters list", "logs release-autosignin-worker-0 -c check-config"):
        assert words in text
    assert "check-config" not in notes_of("local", {"checkConfig": {"enabled": False}})
    assert "NOBODY" not in notes_of("production") and "RUNBOOK" not in notes_of("production")


# What works but may not be meant, or not safely.
WARNED_OF = [
    ({"replicaCount": 0}, "replicaCount is 0"),
    ({"image": {"digest": "", "tag": "latest"}}, "image.tag is latest"),
    ({"config": {"kafka": {"properties": {"security.protocol": "SASL_PLAINTEXT"}}}}, "config.kafka.properties has no TLS"),
    ({"config": {"kafka": {"group_instance_id": ""}}}, "config.kafka.group_instance_id is empty"),
    ({"config": {"kafka": {"session_timeout": "10s"}}}, "config.kafka.session_timeout is 10s"),
    ({"config": {"receipts": {"fingerprint_key_file": "/vault/secrets/key"}}},
     "config.receipts.fingerprint_key_file names /vault/secrets/key, which the chart does not mount"),
    ({"extraVolumes": [{"name": "more", "emptyDir": {}}], "extraVolumeMounts": [
        {"name": "more", "mountPath": "/more/key", "subPath": "key"}]}, "mounts /more/key by subPath"),
    ({"extraEnvFrom": [{"configMapRef": {"name": "more"}}]}, "extraEnvFrom is not seen by the chart"),
    ({"resources": {"limits": {"memory": None}}}, "resources.limits.memory is missing"),
    ({"resources": {"limits": {"cpu": "2"}}}, "resources.limits.cpu is set"),
    ({"podSecurityContext": {"runAsNonRoot": False}}, "more than they need"),
    ({"containerSecurityContext": {"capabilities": None}}, "more than they need"),
    ({"probes": {"startup": {"failureThreshold": 1}}}, "probes.startup has a pod killed after 2 s"),
    ({"probes": {"liveness": {"failureThreshold": 1}}}, "probes.liveness has a pod killed after 10 s"),
    ({"updateStrategy": {"type": "OnDelete"}}, "updateStrategy is OnDelete"),
    ({"updateStrategy": {"rollingUpdate": {"partition": 2}}}, "updateStrategy.rollingUpdate.partition"),
    ({"podDisruptionBudget": {"maxUnavailable": 3}}, "take all 3 replicas at once"),
    ({"podDisruptionBudget": {"maxUnavailable": "100%"}}, "take all 3 replicas at once"),
    ({"slo": {"objectives": [{"type": "account.deleted.v1", "seconds": 900, "ratio": 0.9}]}}, "the fastest burn (14.4) can never fire"),
]


@pytest.mark.parametrize("values,named", WARNED_OF, ids=[f"{named}-{at}" for at, (_, named) in enumerate(WARNED_OF)])
def test_notes_warn_of_what_may_not_be_meant(notes_of, values, named):
    assert named in notes_of("production", values)


def test_notes_warn_of_nothing_in_an_example_for_production(notes_of):
    assert "LOOK AT THIS" not in notes_of("production") and "LOOK AT THIS" not in notes_of("keda")


def test_pages_link_to_runbooks_that_somebody_has_published(notes_of):
    nowhere = {"prometheusRule": {"runbookUrl": ""}}
    assert all("runbook_url" not in rule["annotations"] for rule in rules_of(nowhere).values())
    assert "PAGES LINK TO NO RUNBOOK" in notes_of("production", nowhere)
    assert yaml.safe_load((CHART / "values.yaml").read_text())["prometheusRule"]["runbookUrl"] == ""
