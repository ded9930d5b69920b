"""What cannot be saved: the least work that logging a message takes, whoever does it."""

from __future__ import annotations

import base64
import json
import os
import time
from email.parser import BytesHeaderParser

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.adapters.local_kek import RsaWrap
from server.vault.envelope import Place, seal_copy


def cpu_of_floor(mails: list[bytes]) -> float:
    """Seconds of CPU a message: base64 and header decoding, one AES-GCM seal, one JSON encode of the same message."""
    encoded = [base64.urlsafe_b64encode(raw) for raw in mails]
    began = time.process_time()
    for data in encoded:
        raw = base64.urlsafe_b64decode(data)
        headers = BytesHeaderParser().parsebytes(raw)
        AESGCM(os.urandom(32)).encrypt(os.urandom(12), raw, b"")
        json.dumps({"Subject": str(headers["Subject"]), "Description": raw.decode("utf-8", "replace")})
    return (time.process_time() - began) / len(mails)


def seal_over_raw_gcm(mails: list[bytes], kek: RsaWrap) -> float:
    place = Place("bench", "copies", "0" * 64, "copy")
    began = time.process_time()
    for raw in mails:
        seal_copy(raw, place, kek)
    ours = time.process_time() - began
    began = time.process_time()
    for raw in mails:
        AESGCM(os.urandom(32)).encrypt(os.urandom(12), raw, b"")
    return ours / (time.process_time() - began)
