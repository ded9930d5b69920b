"""The keys of one process, wherever they lie: in files or in Cloud KMS."""

from __future__ import annotations

import re
from dataclasses import dataclass

from server.domain.errors import ConfigurationError
from server.ports.kek import UnwrapKek, WorkKek, WrapKek


@dataclass(frozen=True)
class Keys:
    """``vault_unwrap`` is None in a process that may only seal. The highest number of ``hash_keys`` is current."""

    vault_wrap: WrapKek
    vault_unwrap: UnwrapKek | None
    work: WorkKek
    hash_keys: dict[int, bytes]


def parse_hash_keys(text: bytes, where: str) -> dict[int, bytes]:
    """Read numbered keys, one a line. ``where`` is the file or the secret. Raises ConfigurationError."""
    lines = text.decode("ascii", "replace").splitlines()
    matches = [re.fullmatch(r"([1-9][0-9]{0,5}) ([0-9a-f]{64})", line.strip()) for line in lines if line.strip()]
    keys = {int(m.group(1)): bytes.fromhex(m.group(2)) for m in matches if m}
    if not keys or len(keys) != len(matches):
        raise ConfigurationError(f"{where} does not hold hash keys: on each line a number and 64 hexadecimal digits.")
    return keys
