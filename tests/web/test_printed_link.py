"""``plansync serve`` on one's own machine prints a link, and the link works in a browser, once."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import pytest

from tests.test_serve import Running, running


class Browser:
    """Something that keeps cookies and follows redirects, over real HTTP."""

    def __init__(self) -> None:
        jar = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(jar)

    def get(self, url: str) -> str:
        with self.opener.open(url, timeout=10) as answer:
            return str(answer.read().decode())

    def post(self, url: str, origin: str, **fields: str) -> str:
        data = urllib.parse.urlencode(fields).encode()
        asked = urllib.request.Request(url, data, {"Origin": origin})
        with self.opener.open(asked, timeout=10) as answer:
            return str(answer.geturl())


def printed(plansync: Running) -> list[str]:
    """The lines after the first, which say where it is, until the logs begin."""
    assert plansync.child.stdout is not None
    lines = [plansync.child.stdout.readline()]
    if "ready?" in lines[0]:
        lines.append(plansync.child.stdout.readline())
    return lines


@pytest.mark.thorough
@pytest.mark.parametrize("command", ["serve", "web"])
def test_the_printed_link_signs_in_once(environ: dict[str, str], command: str) -> None:
    with running(command, environ) as plansync:
        found = re.search(r"sign in .*: (http://\S+)", "".join(printed(plansync)))
        assert found is not None
        link, browser = found[1], Browser()
        token = re.search(r'name="form_token" value="([^"]+)"', browser.get(link))
        assert token is not None
        secret = link.split("token=")[1]
        where = f"{plansync.address}/sign-in/link"
        fields = {"form_token": token[1], "token": secret}
        assert browser.post(where, plansync.address, **fields) == f"{plansync.address}/plans"
        assert "No plan yet" in browser.get(f"{plansync.address}/plans")
        with pytest.raises(urllib.error.HTTPError) as refused:
            browser.post(where, plansync.address, **fields)
        assert refused.value.code == 403
