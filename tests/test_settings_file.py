"""The settings file: what is written is read again, by nobody else, and never half."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import SettingsError, is_unconfigured, load_settings, settings_file
from bot.settings_file import (
    FileProblem,
    parse_settings_file,
    read_settings_file,
    write_settings_file,
)


def test_what_is_written_is_read_again(tmp_path: Path, private_key: str) -> None:
    path = tmp_path / "data" / "plansync.env"
    values = {"APP_ID": "7", "PRIVATE_KEY": private_key, "WEBHOOK_SECRET": 'a "b" \\n $c `d` # e'}
    write_settings_file(path, values)
    assert read_settings_file(path) == values
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text().splitlines()) == 4
    assert [each.name for each in path.parent.iterdir()] == ["plansync.env"]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\0")))
def test_any_value_survives(value: str) -> None:
    import bot.settings_file

    text = bot.settings_file._with("", {"X": value})
    assert parse_settings_file(text) == {"X": value}


def test_other_lines_stay(tmp_path: Path) -> None:
    path = tmp_path / "plansync.env"
    path.write_text("# mine\nPORT=8080\nAPP_ID=1\nexport HOST='0.0.0.0'\n")
    write_settings_file(path, {"APP_ID": "2"})
    assert path.read_text() == "# mine\nPORT=8080\nexport HOST='0.0.0.0'\nAPP_ID=2\n"
    assert read_settings_file(path) == {"PORT": "8080", "HOST": "0.0.0.0", "APP_ID": "2"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_environment_goes_before_the_file(environ: dict[str, str], tmp_path: Path) -> None:
    path = settings_file(environ)
    assert path == tmp_path / "data" / "plansync.env"
    write_settings_file(path, {"APP_ID": "99", "LOG_LEVEL": "error", "HOST": "0.0.0.0"})
    environ["HOST"] = ""
    settings = load_settings(environ)
    assert (settings.app_id, settings.log_level, settings.host) == (12345, "error", "0.0.0.0")
    elsewhere = tmp_path / "elsewhere.env"
    write_settings_file(elsewhere, {"LOG_LEVEL": "debug"})
    environ["PLANSYNC_SETTINGS_FILE"] = str(elsewhere)
    assert load_settings(environ).log_level == "debug"


def test_nothing_of_an_app_is_a_first_start(tmp_path: Path) -> None:
    environ = {"PLANSYNC_DATA_DIR": str(tmp_path), "HOST": "0.0.0.0"}
    assert is_unconfigured(environ)
    assert is_unconfigured(environ | {"APP_ID": " "})
    assert not is_unconfigured(environ | {"WEBHOOK_SECRET": "x"})
    write_settings_file(settings_file(environ), {"PRIVATE_KEY_PATH": "/nowhere"})
    assert not is_unconfigured(environ)
    with pytest.raises(SettingsError, match="PRIVATE_KEY_PATH names a file"):
        load_settings(environ)


@pytest.mark.parametrize("text", ["APP_ID 7", "=7", "1X=2", "\nAPP_ID=1\n---"])
def test_a_line_that_is_no_setting_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plansync.env"
    path.write_text(text)
    with pytest.raises(FileProblem, match=r"plansync\.env:[13]: This is not NAME=value"):
        read_settings_file(path)


def test_a_file_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "bytes.env").write_bytes(b"A=\xff")
    with pytest.raises(FileProblem, match="not UTF-8"):
        read_settings_file(tmp_path / "bytes.env")
    with pytest.raises(FileProblem, match="cannot be read"):
        read_settings_file(tmp_path)
    with pytest.raises(FileProblem, match="PLANSYNC_SETTINGS_FILE"):
        write_settings_file(tmp_path / "bytes.env" / "x.env", {"A": "1"})
