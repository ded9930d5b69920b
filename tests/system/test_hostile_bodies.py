"""The worst bodies that somebody could make, as large as Gmail takes them: each is read within the service's bounds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench.bodies.hostile import KINDS, MOST
from server.adapters.body_reader.by_size import LARGE_FROM
from server.adapters.body_reader.child import Bounds, ChildBodyReader
from server.domain.mail_body import LONGEST, UNREADABLE, UNREADABLE_BODY
from tests.support.scene import Scene, eml

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reader() -> Iterator[ChildBodyReader]:
    """Its clock alone is patient: other tests may keep the machine busy."""
    reader = ChildBodyReader(bounds=Bounds(seconds=300.0))
    yield reader
    reader.close()


@pytest.mark.parametrize("size", [LARGE_FROM, MOST])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_within_the_bounds_of_the_child(reader: ChildBodyReader, kind: str, size: int) -> None:
    """Those of processor and memory, which the kernel holds: a body that went beyond one would be the sentence."""
    body = reader.read_apart(KINDS[kind](size))
    assert body != UNREADABLE_BODY
    assert len(body.text) <= LONGEST
    assert len(body.own) <= LONGEST


def test_the_others_are_logged_whatever_came_between_them(scene: Scene) -> None:
    kinds = ("deep tables", "tiny parts", "one base64 line", "attributes", "nested messages")
    for kind in kinds:
        raw = KINDS[kind](MOST // 4)
        scene.deliver("ann@acme.example", b"Message-ID: <%s@byron.example>\r\n" % kind.replace(" ", ".").encode() + raw)
    for number in range(50):
        scene.deliver("ann@acme.example", eml(subject=f"Lamp {number}", text=f"Number {number}."))
    assert scene.sync(patience=600).is_at_rest
    texts = [task["Description"] or "" for task in scene.tasks()]
    assert len(texts) == 50 + len(kinds)
    assert all(any(f"Number {number}." in text for text in texts) for number in range(50))
    assert not any(UNREADABLE in text for text in texts)
