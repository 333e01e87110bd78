"""Settings: every variable, what is said when one is wrong, and that secrets stay secret."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from bot.settings import (
    HOW,
    Settings,
    SettingsError,
    StoreSettings,
    load_settings,
    load_setup_settings,
    load_store_settings,
)


def test_defaults(environ: dict[str, str], private_key: str) -> None:
    settings = load_settings(
        {"APP_ID": "7", "PRIVATE_KEY": private_key, "WEBHOOK_SECRET": "s", "HOME": "/nowhere"}
    )
    assert settings.app_id == 7
    assert settings.github_api_url == "https://api.github.com"
    assert settings.github_server_url == "https://github.com"
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert (settings.settle_seconds, settings.write_interval_seconds) == (2.0, 1.0)
    assert (settings.log_level, settings.log_format) == ("info", "console")
    assert settings.webhook_secret_previous is None
    assert settings.database_url == f"sqlite:///{settings.data_dir}/plansync.sqlite3"


def test_every_variable_is_read_and_documented(private_key: str, tmp_path: Path) -> None:
    key_file = tmp_path / "key.pem"
    key_file.write_text(private_key)
    given = {
        "APP_ID": "1",
        "PRIVATE_KEY_PATH": str(key_file),
        "WEBHOOK_SECRET": "new",
        "WEBHOOK_SECRET_PREVIOUS": "old",
        "GITHUB_API_URL": "https://ghe.example.com/api/v3/",
        "GITHUB_SERVER_URL": "https://ghe.example.com",
        "GITHUB_CLIENT_ID": "Iv1.0123456789abcdef",
        "GITHUB_CLIENT_SECRET": "a client secret",
        "OPERATORS": "Alice, org:12,team:34, user:56",
        "PLANSYNC_URL": "https://Plans.Example.com:443/",
        "DATABASE_URL": "postgres://u:p@db/plans",
        "PLANSYNC_DATA_DIR": str(tmp_path),
        "HOST": "0.0.0.0",
        "PORT": "80",
        "LOG_LEVEL": "DEBUG",
        "LOG_FORMAT": "JSON",
        "PLANSYNC_SETTLE_SECONDS": "0",
        "PLANSYNC_WRITE_INTERVAL_SECONDS": "0.5",
        "PLANSYNC_SETTINGS_FILE": str(tmp_path / "plansync.env"),
        "METRICS_TOKEN": "correct horse battery",
        "PLANSYNC_PAYLOAD_DAYS": "0.5",
        "SENTRY_DSN": "https://key@sentry.example.com/1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318/",
    }
    settings = load_settings(given)
    assert settings.webhook_secrets == (b"new", b"old")
    assert settings.private_key.get_secret_value() == private_key
    assert settings.github_api_url == "https://ghe.example.com/api/v3"
    assert settings.database_url == "postgresql+psycopg://u:p@db/plans"
    assert (settings.host, settings.port, settings.data_dir) == ("0.0.0.0", 80, tmp_path)
    assert (settings.log_level, settings.log_format) == ("debug", "json")
    assert (settings.settle_seconds, settings.write_interval_seconds) == (0.0, 0.5)
    assert settings.signs_in_with_github
    assert settings.operators == "alice,org:12,team:34,user:56"
    assert settings.public_url == "https://plans.example.com"
    named = {str(field.validation_alias) for field in Settings.model_fields.values()}
    places = {"PRIVATE_KEY_PATH", "PLANSYNC_SETTINGS_FILE"}
    assert set(given) | {"PRIVATE_KEY"} == named | places == set(HOW)
    assert settings.payload_days == 0.5


def test_one_message_names_all_that_is_wrong_and_how_to_mend_it() -> None:
    wrong = {
        "APP_ID": "my-app",
        "GITHUB_API_URL": "api.github.com",
        "DATABASE_URL": "mysql://db/plans",
        "PORT": "70000",
        "LOG_FORMAT": "xml",
        "PLANSYNC_SETTLE_SECONDS": "soon",
    }
    with pytest.raises(SettingsError) as caught:
        load_settings(wrong)
    message = str(caught.value)
    lines = message.splitlines()
    assert lines[0] == "8 settings are missing or wrong:"
    for name in [*wrong, "PRIVATE_KEY", "WEBHOOK_SECRET"]:
        (line,) = [line for line in lines if line.startswith(f"  {name} ")]
        assert line.endswith(HOW[name])


@pytest.mark.parametrize("name", ["APP_ID", "PRIVATE_KEY", "WEBHOOK_SECRET"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_what_is_needed(environ: dict[str, str], name: str, value: str | None) -> None:
    environ.pop(name)
    if value is not None:
        environ[name] = value
    with pytest.raises(SettingsError, match=f"{name} is missing"):
        load_settings(environ)


@pytest.mark.parametrize("form", ["plain", "escaped", "base64", "spaces", "quoted", "crlf"])
def test_the_key_in_every_form(environ: dict[str, str], private_key: str, form: str) -> None:
    forms = {
        "plain": private_key,
        "escaped": private_key.replace("\n", "\\n"),
        "base64": base64.b64encode(private_key.encode()).decode(),
        "spaces": private_key.replace("\n", " "),
        "quoted": '"' + private_key.replace("\n", "\\n") + '"',
        "crlf": private_key.replace("\n", "\r\n"),
    }
    environ["PRIVATE_KEY"] = forms[form]
    assert load_settings(environ).private_key.get_secret_value() == private_key


def test_a_key_that_is_none(environ: dict[str, str], private_key: str) -> None:
    cut = "\n".join(private_key.splitlines()[:10] + private_key.splitlines()[-1:])
    public = private_key.replace("RSA PRIVATE", "PUBLIC")
    for text in ("hello", "aGVsbG8=", cut, public, "é"):
        environ["PRIVATE_KEY"] = text
        with pytest.raises(SettingsError, match="PRIVATE_KEY is not a private key") as caught:
            load_settings(environ)
        assert text not in str(caught.value)


def test_another_kind_of_key_is_refused(environ: dict[str, str]) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = ec.generate_private_key(ec.SECP256R1())
    environ["PRIVATE_KEY"] = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    ).decode()
    with pytest.raises(SettingsError, match="not an RSA key"):
        load_settings(environ)


def test_a_key_file_that_is_not_there_or_no_key(environ: dict[str, str], tmp_path: Path) -> None:
    del environ["PRIVATE_KEY"]
    environ["PRIVATE_KEY_PATH"] = str(tmp_path / "missing.pem")
    with pytest.raises(SettingsError, match="cannot be read") as caught:
        load_settings(environ)
    assert str(caught.value).count("PRIVATE_KEY ") == 0
    (tmp_path / "missing.pem").write_text("no key")
    with pytest.raises(SettingsError, match="holds no RSA private key"):
        load_settings(environ)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "postgres", "/a/b.sqlite3"])
def test_databases_that_two_processes_cannot_share(environ: dict[str, str], url: str) -> None:
    environ["DATABASE_URL"] = url
    with pytest.raises(SettingsError, match="DATABASE_URL is"):
        load_settings(environ)


def test_secrets_are_not_printed(environ: dict[str, str], private_key: str) -> None:
    environ |= {
        "WEBHOOK_SECRET_PREVIOUS": "old-secret",
        "DATABASE_URL": "postgres://u:hidden@db/plans",
    }
    settings = load_settings(environ)
    shown = f"{settings!r} {settings}"
    for secret in ("Everybody", "old-secret", "hidden", private_key.splitlines()[1]):
        assert secret not in shown


def test_nothing_comes_from_the_real_environment(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "https://elsewhere.example.com")
    monkeypatch.setenv("github_api_url", "https://elsewhere.example.com")
    assert load_settings(environ).github_api_url == "https://api.github.com"


def test_looking_into_the_database_needs_no_key(tmp_path: Path) -> None:
    settings = load_store_settings({"PLANSYNC_DATA_DIR": str(tmp_path)})
    assert type(settings) is StoreSettings
    assert settings.database_url == f"sqlite:///{tmp_path}/plansync.sqlite3"
    with pytest.raises(SettingsError, match="LOG_LEVEL is wrong"):
        load_store_settings({"LOG_LEVEL": "loud"})


def test_what_is_missing_may_be_made_by_plansync(environ: dict[str, str]) -> None:
    """Whoever set half of it learns of the way that sets all."""
    with pytest.raises(SettingsError) as caught:
        load_settings({"APP_ID": "1", "PLANSYNC_DATA_DIR": "/data"})
    hint = str(caught.value).splitlines()[-1]
    assert hint.startswith("Or let plansync make a GitHub App")
    assert "unset APP_ID (in the environment or in /data/plansync.env)" in hint
    with pytest.raises(SettingsError) as caught:
        load_settings({})
    assert "unset" not in str(caught.value).splitlines()[-1]
    assert "plansync setup" in str(caught.value).splitlines()[-1]
    with pytest.raises(SettingsError) as caught:
        load_settings(environ | {"PORT": "x"})
    assert "plansync setup" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "api", "server"),
    [
        ({}, "https://api.github.com", "https://github.com"),
        ({"GITHUB_API_URL": "https://git.acme.test/api/v3"}, "https://git.acme.test/api/v3",
         "https://git.acme.test"),
        ({"GITHUB_SERVER_URL": "https://git.acme.test:8443/"}, "https://git.acme.test:8443/api/v3",
         "https://git.acme.test:8443"),
        ({"GITHUB_API_URL": "https://api.acme.ghe.com"}, "https://api.acme.ghe.com",
         "https://acme.ghe.com"),
        ({"GITHUB_SERVER_URL": "https://acme.ghe.com"}, "https://api.acme.ghe.com",
         "https://acme.ghe.com"),
        ({"GITHUB_API_URL": "https://api.github.com"}, "https://api.github.com",
         "https://github.com"),
        ({"GITHUB_SERVER_URL": "https://github.com"}, "https://api.github.com",
         "https://github.com"),
        ({"GITHUB_API_URL": "http://127.0.0.1:4000"}, "http://127.0.0.1:4000",
         "https://github.com"),
        ({"GITHUB_API_URL": "https://a.test/api/v3", "GITHUB_SERVER_URL": "https://b.test"},
         "https://a.test/api/v3", "https://b.test"),
    ],
)  # fmt: skip
def test_one_address_of_github_says_the_other(
    environ: dict[str, str], given: dict[str, str], api: str, server: str
) -> None:
    found = load_settings(environ | given)
    assert (found.github_api_url, found.github_server_url) == (api, server)
    setup = load_setup_settings(given)
    assert (setup.github_api_url, setup.github_server_url) == (api, server)


def test_a_machines_own_address_may_be_plain_http(environ: dict[str, str]) -> None:
    for url in ("http://127.0.0.1:3000", "http://localhost", "http://[::1]:8080"):
        assert load_settings(environ | {"PLANSYNC_URL": url}).public_url == url


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("GITHUB_CLIENT_ID", "Iv1.0123", "GITHUB_CLIENT_SECRET is missing"),
        ("GITHUB_CLIENT_SECRET", "secret", "GITHUB_CLIENT_ID is missing"),
        ("OPERATORS", "alice, everybody on earth", "OPERATORS names 'everybody on earth'"),
        ("OPERATORS", "org:acme", "OPERATORS names 'org:acme'"),
        ("PLANSYNC_URL", "https://example.com/plans", "PLANSYNC_URL has a path"),
        ("PLANSYNC_URL", "plans.example.com", "PLANSYNC_URL is not a web address"),
        ("PLANSYNC_URL", "http://192.168.7.5:3000", "where browsers keep no sign-in"),
    ],
)
def test_settings_of_the_pages_that_are_wrong_are_named(
    environ: dict[str, str], name: str, value: str, told: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ | {name: value})
    assert told in str(caught.value)
