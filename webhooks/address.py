"""Where people reach plansync: for links, cookies, and the question whose form was sent."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request

from bot.settings import Settings
from bot.web_address import is_loopback as is_loopback


def own_origin(request: Request, settings: Settings) -> str:
    """Scheme and host that the browser sees, such as ``https://plans.example.com``.

    Without PLANSYNC_URL it is the request's own host: plain http on this machine, https elsewhere,
    because a proxy that ends TLS does not say so in a header that can be trusted.
    """
    if settings.public_url:
        return settings.public_url
    scheme = "http" if is_loopback(_name(request.host)) else "https"
    return f"{scheme}://{request.host}"


def is_secure(request: Request, settings: Settings) -> bool:
    """Whether the browser speaks https to us; only on this machine it may be otherwise."""
    parts = urlsplit(own_origin(request, settings))
    return parts.scheme == "https" or not is_loopback(parts.hostname or "")


def is_own_origin(origin: str, request: Request, settings: Settings) -> bool:
    """Whether a value of the header ``Origin`` is this site; the port counts.

    https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Origin
    """
    if settings.public_url:
        return origin == settings.public_url
    return origin in (f"https://{request.host}", f"http://{request.host}")


def local_path(text: str) -> str:
    """A path of this site to go on to, with its query; ``/plans`` for anything else."""
    plain = text.isascii() and text.isprintable() and "\\" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else "/plans"


def _name(host: str) -> str:
    return urlsplit(f"//{host}").hostname or ""
