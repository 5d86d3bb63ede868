"""What the two READMEs say can be done: their tour is that of docs/tour.sh, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
READMES = ["README.md", "README.zh-CN.md"]
_IN_A_LANGUAGE = re.compile(r"-(en|zh-CN)(?=\.webp$)")


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def steps_of_the_tour() -> list[str]:
    """The commands of docs/tour.sh, between its headings."""
    return [part.partition("\n")[2].strip() for part in read("docs/tour.sh").split("\n# --- ")[1:]]


@pytest.mark.parametrize("readme", READMES)
def test_a_readme_quotes_every_step_of_the_tour_in_its_order(readme: str) -> None:
    quoted = "\n\n".join(re.findall(r"```sh\n(.*?)\n```", read(readme), re.DOTALL))

    assert quoted == "\n\n".join(steps_of_the_tour())


@pytest.mark.parametrize("readme", READMES)
def test_the_links_of_a_readme_lead_to_files_that_are_there(readme: str) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", read(readme))

    missing = [link for link in links if not link.startswith("https://") and not (REPOSITORY / link).exists()]
    assert len(links) > 10
    assert missing == []


@pytest.mark.parametrize("readme", READMES)
def test_every_make_command_of_a_readme_exists(readme: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))

    assert set(re.findall(r"make ([a-z-]+)", read(readme))) - {"up"} <= targets


def test_both_readmes_have_the_same_sections_and_links() -> None:
    english, chinese = (read(name) for name in READMES)

    def shape(text: str) -> tuple[int, int, list[str]]:
        links = sorted({_IN_A_LANGUAGE.sub("", link) for link in re.findall(r"\]\((docs/[^)]+)\)", text)})
        return text.count("\n## "), text.count("\n| "), links

    assert shape(english) == shape(chinese)
