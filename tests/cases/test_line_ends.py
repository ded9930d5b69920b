"""Mail ends its lines with CRLF, files often with LF: what is read must not hang on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.rules.body.message_text import read_body
from tests.support.cases import CASES

FILES = sorted((CASES / "mail").glob("*/mail/*/*.eml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parts[-4]}-{file.stem}")
def test_line_ends_change_nothing(file: Path) -> None:
    with_lf = file.read_bytes().replace(b"\r\n", b"\n")
    assert read_body(with_lf.replace(b"\n", b"\r\n")) == read_body(with_lf)
