"""What plansync is deployed with: pinned, not root, without secrets, and naming what exists."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli import COMMANDS
from bot.settings import HOW
from tests.test_serve import PATIENCE, Running, command

ROOT = Path(__file__).parent.parent
SECRET = re.compile(r"SECRET|TOKEN|PASSWORD|PRIVATE_KEY(?!_PATH)")
POSTGRES = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
PINNED = re.compile(r"[a-z][a-z0-9/-]*:\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?")


def is_command(words: list[str]) -> bool:
    """Whether these words run plansync with a command that it has."""
    return words[:1] == ["plansync"] and len(words) == 2 and words[1] in COMMANDS


# Dockerfile


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, lines joined, comments left out."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", text)
    return [
        (word.upper(), rest.strip())
        for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())
    ]


def stage() -> list[tuple[str, str]]:
    """The instructions of the last stage, which is what runs."""
    found = instructions()
    last = max(place for place, (word, _) in enumerate(found) if word == "FROM")
    return found[last:]


def test_every_image_is_pinned_to_a_version() -> None:
    images = [rest.split()[0] for word, rest in instructions() if word == "FROM"]
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    images += [one["image"] for one in compose["services"].values() if "build" not in one]
    assert len(images) == 3
    for image in images:
        assert PINNED.fullmatch(image), image


def test_both_stages_run_the_same_python_that_is_tested() -> None:
    images = {rest.split()[0] for word, rest in instructions() if word == "FROM"}
    assert len(images) == 1
    (version,) = re.findall(r"^python:(\d+\.\d+)\.\d+-slim", images.pop())
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'requires-python = ">={version}"' in pyproject


def test_what_a_dockerfile_linter_would_say() -> None:
    """The rules of hadolint that this file could break: https://github.com/hadolint/hadolint"""
    for word, rest in instructions():
        assert word not in ("MAINTAINER", "ADD", "SHELL"), "DL4000, DL3020"
        if word == "WORKDIR":
            assert rest.startswith("/"), "DL3000"
        if word in ("CMD", "ENTRYPOINT"):
            assert isinstance(json.loads(rest), list), "DL3025"
        if word == "EXPOSE":
            assert 0 < int(rest) < 65536, "DL3011"
        if word != "RUN":
            continue
        assert not re.search(r"\b(sudo|ssh|vim|shutdown|service|ps|free|top|kill|mount)\s", rest)
        assert not re.search(r"\bcd\s", rest), "DL3003"
        assert not re.search(r"\b(apt-get|apk|curl|wget)\b", rest), "nothing unpinned is fetched"
        assert "|" not in rest, "DL4006: a pipe hides what failed"
        if "pip install" in rest:
            assert "--require-hashes" in rest or "--no-deps" in rest, "DL3013"
    environment = " ".join(rest for word, rest in instructions() if word == "ENV")
    assert "PIP_NO_CACHE_DIR=1" in environment, "DL3042"
    kinds = [word for word, _ in stage()]
    assert kinds.count("CMD") == kinds.count("HEALTHCHECK") == kinds.count("USER") == 1, "DL4003"


def test_the_container_does_not_run_as_root() -> None:
    users = [rest for word, rest in stage() if word == "USER"]
    assert users == ["10001:10001"]
    after = [word for word, _ in stage()]
    assert "RUN" not in after[after.index("USER") :]


def test_the_container_is_told_no_secret_and_runs_what_there_is() -> None:
    for word, rest in instructions():
        if word in ("ENV", "ARG", "LABEL"):
            assert not SECRET.search(rest), rest
    settings = re.findall(r"\b([A-Z][A-Z_]+)=", dict(stage())["ENV"])
    assert {name for name in settings if not name.startswith("PYTHON")} - {"PATH"} <= set(HOW)
    (run,) = [json.loads(rest) for word, rest in stage() if word == "CMD"]
    assert is_command(run)
    assert dict(stage())["STOPSIGNAL"] == "SIGTERM"
    check = json.loads(dict(stage())["HEALTHCHECK"].partition("CMD ")[2])
    compile(check[2], "healthcheck", "exec")
    assert "/healthz" in check[2]


def test_the_container_is_made_of_hashed_packages_and_nothing_else_of_this_folder() -> None:
    text = " ".join(rest for word, rest in instructions() if word == "RUN")
    assert "--require-hashes -r requirements/run.txt" in text
    assert "--no-deps --no-build-isolation" in text
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored, "everything is left out but what is named"
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    for word, rest in instructions():
        assert word != "ADD"
        if word == "COPY" and "--from" not in rest:
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert source in allowed, source
    for name in allowed:
        assert not re.search(r"\.env|\.pem|\.git|sqlite", name)


# compose.yaml


@pytest.fixture
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))[
        "services"
    ]
    return found


def test_compose_runs_web_and_worker_with_nothing_they_do_not_need(
    services: dict[str, Any],
) -> None:
    assert [is_command(services[name]["command"]) for name in ("web", "worker")] == [True, True]
    for name in ("web", "worker"):
        one = services[name]
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in one["security_opt"]
        assert one["depends_on"]["db"]["condition"] == "service_healthy"
    assert all(port.startswith("127.0.0.1:") for port in services["web"]["ports"])
    assert "ports" not in services["db"]


def test_compose_has_no_password_and_names_settings_that_exist(services: dict[str, Any]) -> None:
    for one in services.values():
        for name, value in one.get("environment", {}).items():
            assert name in HOW or name in POSTGRES, name
            if SECRET.search(name) or "@" in str(value):
                assert "${POSTGRES_PASSWORD:?" in value, name


@pytest.mark.skipif(
    shutil.which("check-jsonschema") is None, reason="check-jsonschema carries compose's schema"
)
def test_compose_follows_its_schema() -> None:
    command = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


# systemd


@pytest.fixture
def unit() -> configparser.ConfigParser:
    class Unit(configparser.ConfigParser):
        def optionxform(self, optionstr: str) -> str:
            return optionstr

    found = Unit(interpolation=None, strict=True)
    found.read(ROOT / "deploy" / "plansync.service", encoding="utf-8")
    return found


def test_the_unit_runs_serve_without_rights(unit: configparser.ConfigParser) -> None:
    service = unit["Service"]
    words = shlex.split(service["ExecStart"])
    assert is_command([Path(words[0]).name, *words[1:]])
    assert service["DynamicUser"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["CapabilityBoundingSet"] == ""
    assert service["RestartPreventExitStatus"] == "2"
    assert int(service["TimeoutStopSec"]) > 10
    assert f"PLANSYNC_DATA_DIR=%S/{service['StateDirectory']}" in service["Environment"]
    for pair in shlex.split(service["Environment"]):
        name = pair.partition("=")[0]
        assert name in HOW or name.startswith("PYTHON"), name
        assert not SECRET.search(name)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "plansync.service").read_text(encoding="utf-8")
    program = tmp_path / "plansync"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "plansync.service"
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={program}", text))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert "plansync.service" not in done.stderr, done.stderr


# Heroku, and whatever else reads a Procfile


def test_processes_run_commands_that_exist() -> None:
    procfile = dict(
        line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if line
    )
    heroku = yaml.safe_load((ROOT / "heroku.yml").read_text(encoding="utf-8"))
    assert set(procfile) == set(heroku["run"]) == {"web", "worker"}
    runs = [*procfile.values(), heroku["run"]["web"], *heroku["run"]["worker"]["command"]]
    for run in runs:
        words = [word for word in shlex.split(run) if "=" not in word]
        assert is_command(words), run
    assert (ROOT / heroku["build"]["docker"]["web"]).is_file()


def test_app_json_asks_for_settings_that_exist_and_has_none_of_their_values() -> None:
    found = json.loads((ROOT / "app.json").read_text(encoding="utf-8"))
    assert set(found["env"]) <= set(HOW)
    needed = {name for name, one in found["env"].items() if one.get("required", True)}
    assert {"APP_ID", "PRIVATE_KEY", "WEBHOOK_SECRET"} <= needed
    for name, one in found["env"].items():
        assert not (SECRET.search(name) and "value" in one), name
    assert set(found["formation"]) == {"web", "worker"}
    assert any("postgresql" in one["plan"] for one in found["addons"])


# Each has its page, and each page names files that exist.


@pytest.mark.parametrize(
    ("page", "files"),
    [
        ("docker", ["Dockerfile", "compose.yaml"]),
        ("systemd", ["deploy/plansync.service"]),
        ("heroku", ["app.json", "heroku.yml", "Procfile"]),
    ],
)
def test_every_way_has_its_page(page: str, files: list[str]) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    for name in files:
        assert name in text
        assert (ROOT / name).is_file()
    assert f"({page}.md)" in (ROOT / "docs" / "install.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "page", ["install", "operations", "metrics", "docker", "systemd", "heroku"]
)
def test_pages_name_commands_settings_and_pages_that_exist(page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    fences = "\n".join(text.split("```")[1::2])
    shown = re.findall(r"(?m)^(?:\w+=\S+ )*plansync ([a-z][a-z-]*)", fences)
    for name in [*shown, *re.findall(r"`plansync ([a-z][a-z-]*)[^`]*`", text)]:
        assert name in COMMANDS, name
    for name in re.findall(r"`((?:PLANSYNC|GITHUB|METRICS|WEBHOOK)_[A-Z_]+)`", text):
        assert name in HOW, name
    for link in re.findall(r"\]\(([\w./-]+\.md)\)", text):
        assert (ROOT / "docs" / link).is_file(), link


@pytest.mark.thorough
def test_serve_writes_into_its_data_directory_alone(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """What a read-only file system allows: no home, nowhere temporary, no byte code."""
    nowhere = {name: str(tmp_path / "no" / "such") for name in ("HOME", "TMPDIR")}
    child = command("serve", environ=environ | nowhere | {"PYTHONDONTWRITEBYTECODE": "1"})
    assert child.stdout is not None
    try:
        found = re.search(r"http://[\d.]+:\d+", child.stdout.readline())
        assert found
        assert Running(child, found[0]).send("one") == 202
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            assert child.wait(PATIENCE) == 0
        finally:
            child.kill()
            child.communicate()
    made = {path.parent for path in tmp_path.rglob("*") if path.is_file()}
    assert made == {Path(environ["PLANSYNC_DATA_DIR"])}
