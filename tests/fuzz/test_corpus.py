"""Every input that was ever interesting, replayed; and the frame itself finds what is there to be found."""

import random
import signal
from pathlib import Path

import pytest

from tests.fuzz import plain
from tests.fuzz.frame import Harness, complaint, distilled, minimised, names, reached

HANGS_AFTER = 60
"""Seconds for one input, on however slow a machine; an ordinary one takes milliseconds."""

INPUTS = [(name, path) for name in names() for path in Harness.of(name).inputs()]


@pytest.fixture
def _watched():
    """A hang ends the test, and not the run."""

    def stop(_number, _frame):
        raise TimeoutError(HANGS_AFTER)

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANGS_AFTER)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("_watched")
@pytest.mark.parametrize(("name", "path"), INPUTS, ids=lambda value: value.name if isinstance(value, Path) else value)
def test_an_interesting_input_breaks_no_promise(name, path):
    assert complaint(Harness.of(name).one, path.read_bytes()) is None


def test_every_harness_has_a_corpus():
    assert {name for name, _ in INPUTS} == set(names())


def _breaks(data):
    if b"<" in data and b"@" in data:
        raise ValueError


def test_a_finding_is_cut_down_to_what_it_needs():
    assert minimised(_breaks, b"some text < and more @ and so on") == b"<@"
    assert complaint(_breaks, b"<@").startswith("ValueError at test_corpus.py:")
    assert complaint(_breaks, b"<") is None


def test_the_small_engine_finds_a_planted_fault_and_keeps_what_is_new():
    harness = Harness("planted", _breaks, (b"<", b"@"))
    tried, _, broke = plain.fuzz(harness, [b"abc"], seconds=HANGS_AFTER, seed=1)

    assert tried > 0
    assert broke is not None
    assert b"<" in broke


def test_mutation_is_a_matter_of_the_seed():
    def once():
        dice = random.Random(7)
        return [plain.mutated(b"ann@acme.com", [b"x"], (), dice) for _ in range(50)]

    assert once() == once()
    assert len(set(once())) > 25


def test_only_inputs_that_reach_something_new_are_kept():
    one = Harness.of("addresses").one
    kept = distilled(one, [b"a@acme.com", b"bb@acme.com", b'"x y"@acme.com'])

    assert b"a@acme.com" in kept
    assert b"bb@acme.com" not in kept
    assert reached(one, b'"x y"@acme.com') - reached(one, b"a@acme.com")
