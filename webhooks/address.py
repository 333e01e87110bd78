"""Where people reach plansync: for links, cookies, and the question whose form was sent."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request

from bot.settings import Settings
from bot.web_address import is_loopback as is_loopback

_PLAIN_HTTP = (
    "Your browser reached plansync over plain http at {address}. There it keeps no cookie, so"
    " nobody can sign in. Whoever runs this server leads a proxy that ends TLS here, and sets"
    " PLANSYNC_URL to its https:// address. Without one, open plansync on its own machine as"
    " http://127.0.0.1:{port}, from elsewhere through ssh -L {port}:127.0.0.1:{port} HOST."
)


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


def plain_http(request: Request, settings: Settings) -> str:
    """What to do about a browser that keeps no cookie of ours, as it came over plain http; else "".

    Browsers name the site that a request comes from only to servers that they can trust, those
    with TLS and this machine: https://www.w3.org/TR/fetch-metadata/#framework
    """
    browser = "Mozilla" in request.headers.get("User-Agent", "")
    trusted = "Sec-Fetch-Site" in request.headers or is_loopback(_name(request.host))
    if not browser or trusted or settings.public_url:
        return ""
    return plain_http_advice(request)


def plain_http_advice(request: Request) -> str:
    """What to do where browsers come over plain http from other machines."""
    _, _, port = request.host.rpartition(":")
    known = port if port.isascii() and port.isdigit() else "80"
    return _PLAIN_HTTP.format(address=f"http://{request.host}", port=known)


def local_path(text: str) -> str:
    """A path of this site to go on to, with its query; ``/plans`` for anything else."""
    plain = text.isascii() and text.isprintable() and "\\" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else "/plans"


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
