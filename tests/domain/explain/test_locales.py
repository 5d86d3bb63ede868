"""Languages as systems write them."""

import pytest

from domain.explain import locales


@pytest.mark.parametrize(
    "written",
    [
        "zh-CN",
        "zh_CN",
        "ZH-cn",
        "zh_Hans_CN",
        "zh-Hans-CN",
        "zh-hans-cn",
        "zh_CN.UTF-8",
        "cmn-Hans-CN",
        "zh-CN,zh;q=0.9",
    ],
)
def test_every_way_to_write_chinese_of_china_is_one(written: str) -> None:
    assert locales.one_form(written) == "zh-CN"


@pytest.mark.parametrize(
    ("written", "one_form"),
    [
        ("en", "en"),
        ("EN_us", "en-US"),
        ("pt-br", "pt-BR"),
        ("de_AT@euro", "de-AT"),
        ("es-419", "es-419"),
        ("zh", "zh"),
        ("zh_hans", "zh-Hans"),
        ("zh_Hans_HK", "zh-Hans-HK"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("sr-latn-rs", "sr-Latn-RS"),
        ("ca-valencia", "ca-valencia"),
        ("??", "??"),
        ("en-", "en-"),
        ("中文", "中文"),
    ],
)
def test_a_locale_is_written_in_one_form_and_what_is_none_is_left_alone(written: str, one_form: str) -> None:
    assert locales.one_form(written) == one_form


@pytest.mark.parametrize("written", ["zh", "zh-TW", "zh_Hans", "cmn", "ZH-HK"])
def test_its_language_is_chinese(written: str) -> None:
    assert locales.language_of(written) == "zh"
