"""Is a delivery signed with our secret?

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

_PREFIX = "sha256="


def sign(secret: bytes, body: bytes | bytearray) -> str:
    """The value of ``X-Hub-Signature-256`` for a body."""
    return _PREFIX + hmac.new(secret, body, hashlib.sha256).hexdigest()


def is_signed(signature: str, body: bytes | bytearray, secrets: Iterable[bytes]) -> bool:
    """True when one of the secrets made the signature; takes the same time for any wrong one."""
    given = signature.encode("utf-8", "surrogateescape")
    good = False
    for secret in secrets:
        good |= hmac.compare_digest(given, sign(secret, body).encode("ascii"))
    return good
