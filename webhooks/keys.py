"""Keys of the web pages, all made from the App's private key, and what is sealed with them.

Nothing has to be configured and every web process has the same keys; a new private key signs
everybody out. HKDF: https://www.rfc-editor.org/rfc/rfc5869
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.settings import Settings


class Keys:
    """Seals values so that only plansync can read them, and signs texts for one purpose each."""

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.private_key.get_secret_value().encode("ascii")
        self._fernet = Fernet(base64.urlsafe_b64encode(self._derive("seal")))
        self._signing = {purpose: self._derive(purpose) for purpose in ("form", "badge")}

    def seal(self, value: dict[str, Any]) -> str:
        """A text that ``unseal`` makes the value of again; nobody else can read or make it."""
        return self._fernet.encrypt(json.dumps(value).encode()).decode("ascii")

    def unseal(self, text: str, seconds: int | None = None) -> dict[str, Any] | None:
        """What was sealed, at most that long ago; None for anything that is not genuine."""
        try:
            found = json.loads(self._fernet.decrypt(text.encode("utf-8", "replace"), seconds))
        except (InvalidToken, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def sign(self, purpose: str, text: str) -> str:
        """43 characters that only plansync can make of this text, for ``form`` or ``badge``."""
        made = hmac.new(self._signing[purpose], text.encode("utf-8", "replace"), hashlib.sha256)
        return base64.urlsafe_b64encode(made.digest()).decode("ascii").rstrip("=")

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Whether ``sign`` made the signature; takes the same time for any wrong one."""
        given = signature.encode("utf-8", "replace")
        return hmac.compare_digest(given, self.sign(purpose, text).encode("ascii"))

    def _derive(self, purpose: str) -> bytes:
        made = HKDF(hashes.SHA256(), 32, salt=None, info=f"plansync pages {purpose}".encode())
        return made.derive(self._secret)
