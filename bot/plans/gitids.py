"""The ids that git gives to things. https://git-scm.com/book/en/v2/Git-Internals-Git-Objects"""

from __future__ import annotations

import hashlib


def git_blob_id(data: bytes) -> str:
    """The id of a file with these bytes."""
    return git_object_id("blob", data)


def git_object_id(kind: str, data: bytes) -> str:
    """The id of an object of this kind (``blob``, ``tree``, ``commit``)."""
    head = f"{kind} {len(data)}\0".encode()
    return hashlib.sha1(head + data, usedforsecurity=False).hexdigest()
