"""What to do about each variable, told wherever one is missing or wrong."""

from __future__ import annotations

HOW: dict[str, str] = {
    "APP_ID": "It is the number “App ID” at the top of the GitHub App's settings page.",
    "PRIVATE_KEY": (
        "Generate one on the GitHub App's settings page under “Private keys” and set PRIVATE_KEY to"
        " the text of the .pem file (line breaks may be written as \\n, or the whole file as"
        " base64), or PRIVATE_KEY_PATH to where the file is."
    ),
    "PRIVATE_KEY_PATH": (
        "Set it to the .pem file that the GitHub App's settings page gives under “Private keys”,"
        " readable by the user that plansync runs as."
    ),
    "WEBHOOK_SECRET": (
        "Make one up (for example with `openssl rand -hex 32`) and set the same value here and as"
        " “Webhook secret” on the GitHub App's settings page."
    ),
    "WEBHOOK_SECRET_PREVIOUS": (
        "While a webhook secret is being changed, the old one; otherwise leave it unset."
    ),
    "GITHUB_API_URL": (
        "Leave it unset for github.com; for GitHub Enterprise Server it is https://HOSTNAME/api/v3."
    ),
    "GITHUB_SERVER_URL": (
        "Leave it unset for github.com; for GitHub Enterprise Server it is https://HOSTNAME."
    ),
    "GITHUB_CLIENT_ID": (
        "It is “Client ID” on the GitHub App's settings page; people then sign in through GitHub."
        " Set GITHUB_CLIENT_SECRET too."
    ),
    "GITHUB_CLIENT_SECRET": (
        "Generate one on the GitHub App's settings page under “Client secrets”."
    ),
    "OPERATORS": (
        "Who may see the operator's pages, separated by commas: logins, or better user:ID, org:ID"
        " and team:ID with GitHub's numbers."
    ),
    "PLANSYNC_URL": (
        "The address that people reach plansync at, such as https://plans.example.com, without a"
        " path."
    ),
    "DATABASE_URL": (
        "Use sqlite:////absolute/path.sqlite3 or postgresql://USER:PASSWORD@HOST/NAME, or leave it"
        " unset for a SQLite file in the data directory."
    ),
    "PLANSYNC_DATA_DIR": "A directory that plansync may write to, for its database and lock file.",
    "PLANSYNC_SETTINGS_FILE": (
        "The file that plansync setup writes and every command reads; the environment goes first."
    ),
    "HOST": "The address to listen on, such as 127.0.0.1, or 0.0.0.0 for every interface.",
    "PORT": "A number from 0 to 65535; 0 takes any free port.",
    "LOG_LEVEL": "One of debug, info, warning, error.",
    "LOG_FORMAT": "One of console, json.",
    "METRICS_TOKEN": (
        "Make one up (for example with `openssl rand -hex 32`); /metrics then answers only to"
        " `Authorization: Bearer TOKEN`, and without it only to this machine."
    ),
    "SENTRY_DSN": "The DSN of a Sentry project, for bugs; needs the package plansync[sentry].",
    "OTEL_EXPORTER_OTLP_ENDPOINT": (
        "Where an OpenTelemetry collector takes OTLP over HTTP, such as http://127.0.0.1:4318;"
        " needs the package plansync[otel]."
    ),
    "PLANSYNC_PAYLOAD_DAYS": (
        "How long what GitHub sent is kept after it was worked off: days from 0 to 30."
    ),
    "PLANSYNC_SETTLE_SECONDS": (
        "How long to wait for more events about the same plan: seconds from 0 to 3600."
    ),
    "PLANSYNC_WRITE_INTERVAL_SECONDS": (
        "The least time between two writes to GitHub: seconds from 0 to 60; GitHub asks for 1."
    ),
}
"""Every variable, and what to do about it. https://docs.github.com/en/apps/creating-github-apps"""
