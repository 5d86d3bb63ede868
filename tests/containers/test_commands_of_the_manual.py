"""What the manual has people type at docker-compose.yml: services that there are, and programs of the image."""

import re
import shlex

import pytest

from tests.containers.compose import REPOSITORY, copied_into_the_image, services

SERVICES = services()
WITH_VALUES = {"--entrypoint", "--user"}
PAGES = ["containers.md", "operations.md"]
FOR_ALL = {"build", "down", "up", "restart", "stop"}


def commands(page: str) -> list[list[str]]:
    """The words of each command after `docker compose`, without comments, redirections and what is set before it."""
    text = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
    lines = re.findall(r"^    docker compose (.*)$", text, re.MULTILINE)
    return [shlex.split(re.sub(r" [<>] \S+", "", line), comments=True) for line in lines]


def arguments(words: list[str]) -> list[str]:
    """What is left of a command without its options before the service's name."""
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in WITH_VALUES else words[1:]
    return words


COMMANDS = [pytest.param(words, id=" ".join(words)[:60]) for page in PAGES for words in commands(page)]


def test_the_manual_has_commands() -> None:
    assert {words.values[0][0] for words in COMMANDS} >= {"run", "exec", "up", "stop"}  # type: ignore[index]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_is_about_services_that_there_are(words: list[str]) -> None:
    deed, *rest = words
    named = arguments(rest)

    assert named or deed in FOR_ALL
    assert set(named[:1] if deed in ("run", "exec") else named) <= set(SERVICES)
    if deed == "exec":
        assert SERVICES[named[0]].runs_for_ever


@pytest.mark.parametrize("words", COMMANDS)
def test_a_program_of_ours_that_a_command_starts_is_in_the_image(words: list[str]) -> None:
    said = " ".join(words)

    for module, file in re.findall(r"(?:python|python keys) (?:-m ([\w.]+)|(\w+\.py))", said):
        path = module.replace(".", "/")
        assert (module.partition(".")[0] or file) in copied_into_the_image()
        assert any((REPOSITORY / each).is_file() for each in (file or f"{path}.py", f"{path}/__main__.py"))


def test_what_is_copied_of_the_folders_is_what_a_worker_writes_and_the_manual_numbers() -> None:
    (taken,) = (words for words in commands("operations.md") if "-cf" in words)

    kept = {place.strip("/") for place, volume in SERVICES["worker"].mounts.items() if volume == place.strip("/")}
    assert set(taken[taken.index("-") + 1 :]) == kept == {"checkpoints", "evidence", "archives"}
