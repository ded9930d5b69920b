"""A button's token: who may use it, for how long, and under which keys."""

import base64
import json

import pytest

from server.domain.errors import UntrustedCallerError
from server.engine.sidebar.button_tokens import LIFETIME, LONGEST, SKEW, Order, Signer, StaleTokenError
from server.vault.hashes import KeyedHasher
from simulator.clock import Clock

ORDER = Order("stop", "1", "2", {"record": "003"})
FIRST, SECOND = b"1" * 32, b"2" * 32


@pytest.fixture
def clock():
    return Clock(1_790_000_000.5, frozen=True)


@pytest.fixture
def signer(clock):
    return Signer(KeyedHasher({1: FIRST}, 1), clock)


def test_the_person_reads_the_order_that_was_signed(signer):
    assert signer.read(signer.sign(ORDER, "ann"), "ann") == ORDER


@pytest.mark.parametrize("subject", ["ben", "", "an", "ann "])
def test_another_person_s_token_is_refused(signer, subject):
    token = signer.sign(ORDER, "ann")

    with pytest.raises(UntrustedCallerError, match="not valid"):
        signer.read(token, subject)


def test_a_changed_token_is_refused(signer):
    token = signer.sign(ORDER, "ann")
    body, moment, signature = token.rsplit(".", 2)
    other_body = signer.sign(Order("log", "1", "2"), "ann").split(".")[0]
    for forged in (
        f"{body}x.{moment}.{signature}",
        f"{other_body}.{moment}.{signature}",
        f"{body}.{moment[:-1]}.{signature}",
        f"{body}.{moment}.A{signature}",
        f"{body}.{moment}.",
        f"{body}.{moment}",
        f"{signature}.{moment}.{body}",
        body,
        "",
        ".",
        "..",
        "é.ü.ß",
        "\ud800",
    ):
        with pytest.raises(UntrustedCallerError, match="not valid") as caught:
            signer.read(forged, "ann")
        assert not isinstance(caught.value, StaleTokenError)


def test_a_long_token_is_refused_before_any_work(clock):
    class Untouchable(KeyedHasher):
        def derive_keys(self, purpose):
            return (Exploding(),)

    class Exploding:
        def __getattribute__(self, name):
            raise AssertionError(name)

    with pytest.raises(UntrustedCallerError, match="too long"):
        Signer(Untouchable({1: FIRST}, 1), clock).read("x" * (LONGEST + 1), "ann")


def test_a_token_ends_after_twelve_hours(signer, clock):
    token = signer.sign(ORDER, "ann")
    clock.advance(LIFETIME - 1)
    assert signer.read(token, "ann") == ORDER

    clock.advance(2)

    with pytest.raises(StaleTokenError):
        signer.read(token, "ann")


def test_a_token_from_a_clock_that_is_ahead_holds_within_the_skew_only(signer, clock):
    now = clock.now()
    clock.advance(SKEW)
    near = signer.sign(ORDER, "ann")
    clock.advance(2)
    far = signer.sign(ORDER, "ann")
    earlier = Signer(KeyedHasher({1: FIRST}, 1), Clock(now, frozen=True))

    assert earlier.read(near, "ann") == ORDER
    with pytest.raises(StaleTokenError):
        earlier.read(far, "ann")


def test_a_token_signed_before_a_rotation_holds_until_its_key_goes(signer, clock):
    token = signer.sign(ORDER, "ann")
    rotated = Signer(KeyedHasher({1: FIRST, 2: SECOND}, 2), clock)
    without_first = Signer(KeyedHasher({2: SECOND}, 2), clock)

    assert rotated.read(token, "ann") == ORDER
    assert without_first.read(rotated.sign(ORDER, "ann"), "ann") == ORDER
    with pytest.raises(UntrustedCallerError, match="not valid"):
        without_first.read(token, "ann")


def test_the_keys_serve_one_purpose(clock):
    hasher = KeyedHasher({1: FIRST}, 1)

    assert hasher.derive_keys("addon-action") != hasher.derive_keys("else")
    assert FIRST not in hasher.derive_keys("addon-action")


def test_a_token_of_the_first_form_is_stale_whoever_signed_it(signer):
    body = base64.urlsafe_b64encode(json.dumps(["stop", "1", "2", {}, 9_999_999_999]).encode()).decode()

    with pytest.raises(StaleTokenError):
        signer.read(f"{body}.v1:{'0' * 64}", "ann")
    with pytest.raises(UntrustedCallerError, match="not valid"):
        signer.read(f"{body}.v1:{'0' * 63}", "ann")
