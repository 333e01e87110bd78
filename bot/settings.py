"""The only reader of the environment: what the operator sets, checked all at once.

The names are those of Probot, Heroku and GitHub Actions where these have one. ``load_settings``
reports every missing or malformed variable in one ``SettingsError``, each with how to get it.
"""

from __future__ import annotations

import base64
import os
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import UserProblem
from bot.settings_file import NAME as SETTINGS_FILE_NAME
from bot.settings_file import read_settings_file
from bot.settings_how import HOW as HOW
from bot.web_address import is_loopback

_OPERATOR = re.compile(r"(?:user|org|team):[1-9]\d{0,18}|@?[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})")

_PEM = re.compile(
    r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.*?)(-----END [A-Z ]*PRIVATE KEY-----)", re.S
)


_CLIENT = ("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET")
_OF_THE_APP = ("APP_ID", "PRIVATE_KEY", "PRIVATE_KEY_PATH", "WEBHOOK_SECRET")


class SettingsError(UserProblem):
    """Settings are missing or malformed; the message names each one and how to get it."""

    exit_code = 2


class StoreSettings(BaseSettings):
    """What a command needs that only looks into the database. Unset and empty are the same."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, validate_default=False
    )

    data_dir: Path = Field(
        validation_alias="PLANSYNC_DATA_DIR",
        default_factory=lambda: Path.home() / ".local" / "state" / "plansync",
    )
    database_url: str = Field(validation_alias="DATABASE_URL", default="", repr=False)
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        validation_alias="LOG_LEVEL", default="info"
    )
    log_format: Literal["json", "console"] = Field(validation_alias="LOG_FORMAT", default="console")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *others: PydanticBaseSettingsSource,
        **named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what ``load_settings`` hands over: a test must never see the real environment."""
        return (init_settings,)

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.lower()

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value.startswith("sqlite:"):
            if not re.match(r"sqlite:///.", value) or ":memory:" in value:
                raise ValueError("is not a SQLite file")
            return value
        if not re.match(r"postgres(ql)?(\+psycopg)?://", value):
            raise ValueError("is neither a SQLite nor a PostgreSQL address")
        return re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", value)

    def model_post_init(self, context: Any, /) -> None:
        if not self.database_url:
            path = self.data_dir / "plansync.sqlite3"
            object.__setattr__(self, "database_url", f"sqlite:///{path}")


class SetupSettings(StoreSettings):
    """What is needed before there is an App: where to listen, and which GitHub."""

    github_api_url: str = Field(validation_alias="GITHUB_API_URL", default="https://api.github.com")
    github_server_url: str = Field(
        validation_alias="GITHUB_SERVER_URL", default="https://github.com"
    )
    public_url: str = Field(validation_alias="PLANSYNC_URL", default="")
    host: str = Field(validation_alias="HOST", default="127.0.0.1")
    port: int = Field(validation_alias="PORT", default=3000, ge=0, le=65535)

    @field_validator("github_api_url", "github_server_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError("is not a web address")
        return value.rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _only_origin(cls, value: str) -> str:
        value = cls._web_address(value)
        if urlsplit(value).path:
            raise ValueError("has a path; plansync needs a host name of its own")
        parts = urlsplit(value)
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ValueError(
                "begins with http://, where browsers keep no sign-in: it must be https, and lead to"
                " a proxy that ends TLS; only an address of this machine may be http"
            )
        # As browsers write it in the header Origin.
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        usual = parts.port in (None, {"http": 80, "https": 443}[parts.scheme])
        return f"{parts.scheme}://{host}" + ("" if usual else f":{parts.port}")

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        found = one_github(self.github_api_url, self.github_server_url, self.model_fields_set)
        for name, value in zip(("github_api_url", "github_server_url"), found, strict=True):
            object.__setattr__(self, name, value)

    def stand_in(self, secret: str) -> Settings:
        """Settings of an App that does not exist yet, for pages that are shown until it does.

        What they sign and seal is made from ``secret``.
        """
        return Settings.model_construct(
            **{name: getattr(self, name) for name in SetupSettings.model_fields},
            app_id=0,
            private_key=SecretStr(secret),
            webhook_secret=SecretStr(secret),
        )


class Settings(SetupSettings):
    """Everything the operator sets. Secrets show as asterisks wherever they are printed."""

    app_id: int = Field(validation_alias="APP_ID", gt=0)
    private_key: SecretStr = Field(validation_alias="PRIVATE_KEY")
    webhook_secret: SecretStr = Field(validation_alias="WEBHOOK_SECRET")
    webhook_secret_previous: SecretStr | None = Field(
        validation_alias="WEBHOOK_SECRET_PREVIOUS", default=None
    )
    github_client_id: str = Field(validation_alias="GITHUB_CLIENT_ID", default="")
    github_client_secret: SecretStr | None = Field(
        validation_alias="GITHUB_CLIENT_SECRET", default=None
    )
    operators: str = Field(validation_alias="OPERATORS", default="")
    metrics_token: SecretStr | None = Field(
        validation_alias="METRICS_TOKEN", default=None, min_length=16
    )
    payload_days: float = Field(validation_alias="PLANSYNC_PAYLOAD_DAYS", default=7.0, ge=0, le=30)
    sentry_dsn: SecretStr | None = Field(validation_alias="SENTRY_DSN", default=None)
    otel_endpoint: str = Field(validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT", default="")
    settle_seconds: float = Field(
        validation_alias="PLANSYNC_SETTLE_SECONDS", default=2.0, ge=0, le=3600
    )
    write_interval_seconds: float = Field(
        validation_alias="PLANSYNC_WRITE_INTERVAL_SECONDS", default=1.0, ge=0, le=60
    )

    @field_validator("private_key")
    @classmethod
    def _key_parses(cls, value: SecretStr) -> SecretStr:
        return SecretStr(parse_private_key(value.get_secret_value()))

    @field_validator("otel_endpoint")
    @classmethod
    def _collector(cls, value: str) -> str:
        return cls._web_address(value)

    @field_validator("operators")
    @classmethod
    def _operators(cls, value: str) -> str:
        return parse_operators(value)

    @property
    def signs_in_with_github(self) -> bool:
        """True when people can sign in through GitHub."""
        return bool(self.github_client_id and self.github_client_secret)

    @property
    def webhook_secrets(self) -> tuple[bytes, ...]:
        """The secrets a signature may be made with, the current one first."""
        secrets = (self.webhook_secret, self.webhook_secret_previous)
        return tuple(s.get_secret_value().encode() for s in secrets if s is not None)


def one_github(api: str, server: str, given: set[str]) -> tuple[str, str]:
    """The API's and the pages' address, where one of them was given alone and says the other.

    https://docs.github.com/en/enterprise-server@latest/rest/using-the-rest-api/getting-started-with-the-rest-api#making-a-request
    """
    has_api, has_server = "github_api_url" in given, "github_server_url" in given
    parts = urlsplit(api if has_api else server)
    own = f"{parts.scheme}://{parts.netloc}"
    if has_api and not has_server:
        if parts.path == "/api/v3":
            return api, own
        if parts.netloc.startswith("api.") and parts.netloc.endswith(".ghe.com"):
            return api, own.replace("://api.", "://", 1)
    if has_server and not has_api and parts.netloc != "github.com" and not parts.path:
        if parts.netloc.endswith(".ghe.com"):
            return own.replace("://", "://api.", 1), server
        return f"{own}/api/v3", server
    return api, server


def parse_operators(value: str) -> str:
    """The names of OPERATORS in lower case, without blanks. Raises ValueError for what is none."""
    names = [name.strip() for name in value.split(",") if name.strip()]
    wrong = [name for name in names if not _OPERATOR.fullmatch(name)]
    if wrong:
        raise ValueError(f"names {wrong[0]!r}, which is neither a login nor an id")
    return ",".join(name.lower() for name in names)


def parse_private_key(text: str) -> str:
    """The PEM text of an RSA key given as PEM, with ``\\n`` escapes, on one line, or as base64.

    Raises ValueError when it is none of these.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    text = text.strip().strip("'\"").replace("\\r", "").replace("\\n", "\n")
    if "-----BEGIN" not in text:
        try:
            text = base64.b64decode("".join(text.split()), validate=True).decode("ascii")
        except ValueError:
            raise ValueError("is not a private key in PEM form, nor the base64 of one") from None
    match = _PEM.search(text)
    if match is None:
        raise ValueError("is not a private key in PEM form")
    begin, body, end = match.groups()
    pem = "\n".join([begin, *textwrap.wrap("".join(body.split()), 64), end]) + "\n"
    try:
        key = load_pem_private_key(pem.encode("ascii"), password=None)
    except Exception:  # noqa: BLE001 - the library raises five kinds; all mean the same here
        raise ValueError("is not a private key that can be read (cut off, or encrypted?)") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("is not an RSA key")
    return pem


def settings_file(environ: Mapping[str, str] | None = None) -> Path:
    """Where the settings file is, or would be."""
    given = os.environ if environ is None else environ
    named = given.get("PLANSYNC_SETTINGS_FILE", "").strip()
    data_dir = given.get("PLANSYNC_DATA_DIR", "").strip()
    if named:
        return Path(named).expanduser().absolute()
    default = Path.home() / ".local" / "state" / "plansync"
    return (Path(data_dir).expanduser().absolute() if data_dir else default) / SETTINGS_FILE_NAME


def _given(environ: Mapping[str, str] | None) -> dict[str, str]:
    """The settings file's values, and over them those of the environment that are not empty."""
    given = os.environ if environ is None else environ
    filled = {name: value for name, value in given.items() if value.strip()}
    return read_settings_file(settings_file(given)) | filled


def is_unconfigured(environ: Mapping[str, str] | None = None) -> bool:
    """True when nothing of a GitHub App is set: this is a first start. Raises FileProblem."""
    given = _given(environ)
    return not any(given.get(name, "").strip() for name in _OF_THE_APP)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Everything set in ``environ`` (the process's own by default) and in the settings file.

    Raises SettingsError, and FileProblem when the file cannot be read.
    """
    given = _given(environ)
    values, problems = _with_key_from_file(given)
    pair = {name: bool(values.get(name, "").strip()) for name in _CLIENT}
    if any(pair.values()):
        problems |= {name: "is missing, its pair is set" for name in _CLIENT if not pair[name]}
    try:
        return _load(Settings, values, problems)
    except SettingsError as error:
        error.message += _other_way(given, error.message, settings_file(environ))
        raise


def _other_way(given: Mapping[str, str], message: str, file: Path) -> str:
    """How to have plansync make the App, where what is missing is what that gives."""
    if not any(f"  {name} is missing" in message for name in _OF_THE_APP):
        return ""
    there = [name for name in _OF_THE_APP if given.get(name, "").strip()]
    first = f"unset {' and '.join(there)} (in the environment or in {file}) and " if there else ""
    return (
        f"\nOr let plansync make a GitHub App and set all of these: {first}run plansync serve or"
        " plansync setup, which print a link to a page that does it."
    )


def forgetful_disk(environ: Mapping[str, str] | None = None) -> str:
    """The platform whose disks are gone at every restart that this runs on, "" for none known.

    https://devcenter.heroku.com/articles/dynos#ephemeral-filesystem and
    https://cloud.google.com/run/docs/container-contract#filesystem
    """
    given = os.environ if environ is None else environ
    named = (("DYNO", "Heroku"), ("K_SERVICE", "Cloud Run"))
    return next((platform for name, platform in named if given.get(name, "").strip()), "")


def load_store_settings(environ: Mapping[str, str] | None = None) -> StoreSettings:
    """Only what finding the database and logging need, or SettingsError."""
    return _load(StoreSettings, _given(environ), {})


def load_setup_settings(environ: Mapping[str, str] | None = None) -> SetupSettings:
    """Only what can be known before there is an App, or SettingsError."""
    return _load(SetupSettings, _given(environ), {})


_S = TypeVar("_S", bound=StoreSettings)


def _load(kind: type[_S], values: Mapping[str, str], problems: dict[str, str]) -> _S:
    names = [str(field.validation_alias) for field in kind.model_fields.values()]
    given: dict[str, Any] = {
        name: values[name].strip() for name in names if values.get(name, "").strip()
    }
    settings: _S | None = None
    try:
        settings = kind(**given)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_input=False):
            name = str(item["loc"][0])
            what = "is missing" if item["type"] == "missing" else _plain(item["type"], item["msg"])
            problems.setdefault(name, what)
    if "PRIVATE_KEY_PATH" in problems:
        problems.pop("PRIVATE_KEY", None)
    if settings is None or problems:
        raise SettingsError(_message(problems))
    return settings


def _with_key_from_file(environ: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    values, problems = dict(environ), {}
    path = values.get("PRIVATE_KEY_PATH", "").strip()
    if path and not values.get("PRIVATE_KEY", "").strip():
        try:
            values["PRIVATE_KEY"] = Path(path).expanduser().read_text(encoding="ascii")
            parse_private_key(values["PRIVATE_KEY"])
        except OSError as error:
            problems["PRIVATE_KEY_PATH"] = f"names a file that cannot be read ({error.strerror})"
        except ValueError:
            problems["PRIVATE_KEY_PATH"] = "names a file that holds no RSA private key"
    return values, problems


def _plain(kind: str, message: str) -> str:
    """Pydantic's words as the end of a sentence that begins with the variable's name."""
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    return "is wrong: " + message[:1].lower() + message[1:]


def _message(problems: Mapping[str, str]) -> str:
    count = "One setting is" if len(problems) == 1 else f"{len(problems)} settings are"
    lines = [f"{count} missing or wrong:"]
    lines += [f"  {name} {what}. {HOW.get(name, '')}".rstrip() for name, what in problems.items()]
    return "\n".join(lines)
