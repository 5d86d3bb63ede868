"""deploy/kubernetes by the schemas of Kubernetes, and beside docker-compose.yml: the same programs, told the same."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from temporal_client.metrics import MetricsAddress
from tests.containers.compose import REPOSITORY, services
from tools.stack.programs import METRICS_ADDRESS

FOLDER = REPOSITORY / "deploy" / "kubernetes"
FILES = sorted(path for path in FOLDER.rglob("*.yaml") if path.name != "kustomization.yaml")
VERSIONS = ["1.31", "1.37"]
COMPOSE = services()
SECRETS = {
    "makewhole-secrets": {
        *("MAKEWHOLE_DATABASE_URL", "MAKEWHOLE_ENCRYPTION_KEYS", "MAKEWHOLE_PAYLOAD_KEYS", "MAKEWHOLE_METRICS_TOKEN"),
        *("MAKEWHOLE_SANDBOX_WEBHOOK_SECRETS", "MAKEWHOLE_EVIDENCE_S3_ACCESS_KEY_ID"),
        *("MAKEWHOLE_EVIDENCE_S3_SECRET_ACCESS_KEY", "MAKEWHOLE_ARCHIVE_S3_ACCESS_KEY_ID"),
        "MAKEWHOLE_ARCHIVE_S3_SECRET_ACCESS_KEY",
    },
    "makewhole-signing": {"MAKEWHOLE_AUDIT_KEYS"},
    "makewhole-owner": {"MAKEWHOLE_OWNER_DATABASE_URL"},
}
"""As docs/kubernetes.md lists them; each may hold more, of messengers for example."""

WORKERS = ["worker", "worker-payouts"]

Manifest = dict[str, Any]


def loaded(path: Path) -> Iterator[Manifest]:
    yield from YAML(typ="safe").load_all(path)


MANIFESTS = [each for path in FILES for each in loaded(path)]
PODS = {each["metadata"]["name"]: each["spec"]["template"] for each in MANIFESTS if "template" in each.get("spec", {})}


def of_kind(kind: str) -> list[Manifest]:
    return [each for each in MANIFESTS if each["kind"] == kind]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda each: f"{each['kind']}-{each['metadata']['name']}")
def test_each_is_what_kubernetes_takes(manifest: Manifest, version: str) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("folder", [FOLDER, FOLDER / "upgrade", FOLDER / "settings"], ids=lambda path: path.name)
def test_every_file_is_applied(folder: Path) -> None:
    (kustomization,) = loaded(folder / "kustomization.yaml")

    files = [each for each in kustomization["resources"] if each.endswith(".yaml")]
    assert sorted(files) == sorted(path.name for path in FILES if path.parent == folder)
    images = {f"{each['name']}:{each['newTag']}" for each in kustomization.get("images", ())}
    assert images == ({COMPOSE["api"].image} if folder != FOLDER / "settings" else set())


@pytest.mark.parametrize("folder", [FOLDER, FOLDER / "upgrade"], ids=lambda path: path.name)
def test_what_is_applied_first_brings_what_its_pods_refer_to(folder: Path) -> None:
    (kustomization,) = loaded(folder / "kustomization.yaml")
    brought = [(folder / each).resolve() for each in kustomization["resources"] if not each.endswith(".yaml")]

    assert brought == [FOLDER / "settings"]
    assert {each["kind"] for path in FILES if path.parent in brought for each in loaded(path)} == {
        *("Namespace", "ConfigMap"),
    }


def test_how_many_pods_there_are_is_left_to_the_scaler_when_it_is_applied_again() -> None:
    scaled = {each["spec"]["scaleTargetRef"]["name"] for each in of_kind("HorizontalPodAutoscaler")}

    for deployment in of_kind("Deployment"):
        assert deployment["metadata"]["name"] in scaled and "replicas" not in deployment["spec"]


def test_a_prometheus_of_ones_own_finds_every_pod_under_the_jobs_that_alerts_ask_for() -> None:
    (prometheus,) = loaded(REPOSITORY / "deploy" / "prometheus" / "kubernetes.yml")
    (namespace,) = (each["metadata"]["name"] for each in of_kind("Namespace"))

    found = {}
    for job in prometheus["scrape_configs"]:
        assert job["kubernetes_sd_configs"] == [{"role": "pod", "namespaces": {"names": [namespace]}}]
        found[job["job_name"]] = {
            (name, port) for name, pod in PODS.items() for port in port_names(pod) if is_kept(job, pod, port)
        }
    assert found == {
        "makewhole-api": {("api", "http")},
        "makewhole-worker": {("worker", "metrics"), ("worker-payouts", "metrics")},
    }
    (of_compose,) = loaded(REPOSITORY / "deploy" / "prometheus" / "prometheus.yml")
    assert list(found) == [job["job_name"] for job in of_compose["scrape_configs"]]


def port_names(pod: Manifest) -> list[str]:
    (container,) = pod["spec"]["containers"]
    return [each["name"] for each in container.get("ports", ())]


def is_kept(job: Manifest, pod: Manifest, port: str) -> bool:
    """Whether what Prometheus is told of a pod's port passes every rule of the job; each has one label."""
    labels = pod["metadata"]["labels"]["app.kubernetes.io/component"]
    told = {"__meta_kubernetes_pod_label_app_kubernetes_io_component": labels}
    told["__meta_kubernetes_pod_container_port_name"] = port
    return all(re.fullmatch(rule["regex"], told[rule["source_labels"][0]]) for rule in job["relabel_configs"])


@pytest.mark.parametrize("name", PODS)
def test_a_pod_is_what_its_container_of_compose_is(name: str) -> None:
    (container,) = PODS[name]["spec"]["containers"]

    assert tuple(container["command"]) == COMPOSE[name].command
    assert told(name) - {"MAKEWHOLE_HOST", "MAKEWHOLE_PORT"} <= {
        *COMPOSE[name].environment,
        *COMPOSE[name].passed_on,
    } | {each for service in COMPOSE.values() for each in service.environment}


def told(name: str) -> set[str]:
    """The names of the settings that a pod is given."""
    (container,) = PODS[name]["spec"]["containers"]
    (settings,) = of_kind("ConfigMap")
    names = {each["name"] for each in container.get("env", ())}
    for source in container["envFrom"]:
        names |= SECRETS[source["secretRef"]["name"]] if "secretRef" in source else set(settings["data"])
    return names


@pytest.mark.parametrize(
    ("name", "is_needed"),
    [
        ("api", {"MAKEWHOLE_DATABASE_URL", "MAKEWHOLE_ENCRYPTION_KEYS", "MAKEWHOLE_PAYLOAD_KEYS", "TEMPORAL_ADDRESS"}),
        *(
            (
                name,
                {"MAKEWHOLE_DATABASE_URL", "MAKEWHOLE_ENCRYPTION_KEYS", "MAKEWHOLE_PAYLOAD_KEYS", "TEMPORAL_ADDRESS"},
            )
            for name in WORKERS
        ),
        ("migrate", {"MAKEWHOLE_DATABASE_URL", "MAKEWHOLE_OWNER_DATABASE_URL"}),
        ("histories", {"MAKEWHOLE_DATABASE_URL", "MAKEWHOLE_PAYLOAD_KEYS", "TEMPORAL_ADDRESS"}),
    ],
)
def test_a_pod_is_given_what_it_does_not_start_without(name: str, is_needed: set[str]) -> None:
    assert is_needed <= told(name)
    assert ("MAKEWHOLE_OWNER_DATABASE_URL" in told(name)) == (name == "migrate")
    assert ("MAKEWHOLE_AUDIT_KEYS" in told(name)) == (name == "worker")


@pytest.mark.parametrize("name", PODS)
def test_a_pod_may_do_nothing_but_its_work(name: str) -> None:
    pod = PODS[name]["spec"]
    (container,) = pod["containers"]

    assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["requests"] and container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", [each["metadata"]["name"] for each in of_kind("Deployment")])
def test_what_runs_for_ever_is_probed_scaled_and_never_stopped_all_at_once(name: str) -> None:
    (container,) = PODS[name]["spec"]["containers"]
    labels = PODS[name]["metadata"]["labels"].items()
    ports = {each["name"] for each in container["ports"]}
    (budget,) = (each for each in of_kind("PodDisruptionBudget") if each["metadata"]["name"] == name)
    (scaler,) = (each for each in of_kind("HorizontalPodAutoscaler") if each["metadata"]["name"] == name)

    for probe in (container["livenessProbe"], container["startupProbe"]):
        assert (probe.get("httpGet") or probe["tcpSocket"])["port"] in ports
    assert budget["spec"]["selector"]["matchLabels"].items() <= labels
    assert scaler["spec"]["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    assert scaler["spec"]["minReplicas"] >= 2


def test_workers_are_scaled_by_what_prometheus_records() -> None:
    (scaler,) = (each for each in of_kind("HorizontalPodAutoscaler") if each["metadata"]["name"] == "worker")
    (rules,) = loaded(REPOSITORY / "deploy" / "prometheus" / "alerts.yml")
    recorded = {rule["record"] for group in rules["groups"] for rule in group["rules"] if "record" in rule}

    assert {each["external"]["metric"]["name"] for each in scaler["spec"]["metrics"]} <= recorded


@pytest.mark.parametrize("name", WORKERS)
def test_prometheus_finds_workers_where_they_tell_their_metrics(name: str) -> None:
    (container,) = PODS[name]["spec"]["containers"]
    (settings,) = of_kind("ConfigMap")
    told = {each["name"]: each["value"] for each in container["env"]}[METRICS_ADDRESS]
    (prometheus,) = loaded(REPOSITORY / "deploy" / "prometheus" / "prometheus.yml")
    (asked,) = (each for each in prometheus["scrape_configs"] if each["job_name"] == "makewhole-worker")

    assert told == COMPOSE[name].environment[METRICS_ADDRESS]
    assert name in asked["dns_sd_configs"][0]["names"]
    ports = {MetricsAddress.read(told).port, container["ports"][0]["containerPort"], asked["dns_sd_configs"][0]["port"]}
    assert len(ports) == 1
    for plaintext in (settings["data"]["MAKEWHOLE_PLAINTEXT"], COMPOSE[name].environment["MAKEWHOLE_PLAINTEXT"]):
        assert "api" in plaintext.split()


@pytest.mark.parametrize("name", WORKERS)
def test_the_pods_of_workers_serve_what_those_of_compose_serve(name: str) -> None:
    (container,) = PODS[name]["spec"]["containers"]
    told = {each["name"]: each["value"] for each in container["env"]}

    assert told["MAKEWHOLE_TASK_QUEUES"] == COMPOSE[name].environment["MAKEWHOLE_TASK_QUEUES"]


def test_nobody_reaches_anybody_but_where_a_policy_says_so() -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in of_kind("NetworkPolicy")}
    everything = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    labels = [pod["metadata"]["labels"].items() for pod in PODS.values()]

    assert policies["nothing-else"] == everything
    for policy in policies.values():
        chosen = policy["podSelector"].get("matchLabels", {}).items()
        assert any(chosen <= each for each in labels)
    open_ports = {
        rule["port"] for policy in policies.values() for each in policy.get("ingress", ()) for rule in each["ports"]
    }
    assert open_ports == {8000, 9464}


def test_a_collector_of_traces_is_reached_where_its_namespace_says_so() -> None:
    (policy,) = (each["spec"] for each in of_kind("NetworkPolicy") if each["metadata"]["name"] == "traces")
    manual = (REPOSITORY / "docs" / "kubernetes.md").read_text(encoding="utf-8")

    assert not policy["podSelector"] and policy["policyTypes"] == ["Egress"]
    (rule,) = policy["egress"]
    (label,) = rule["to"][0]["namespaceSelector"]["matchLabels"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 4318}]  # as docs/operations.md has the endpoint
    assert f'`{label}: "yes"`' in manual
