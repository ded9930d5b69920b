"""Headers as a decision sees them."""

from __future__ import annotations

from server.domain.message import Headers


def test_names_compare_without_case_and_the_white_space_around_them() -> None:
    headers = Headers.of([("From ", "ada@byron.example"), ("\tto", "ann@acme.example")])
    assert (headers.first("from"), headers.first("To"), headers.position("TO")) == (
        "ada@byron.example", "ann@acme.example", 1,
    )  # fmt: skip
