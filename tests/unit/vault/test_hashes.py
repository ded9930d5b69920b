"""Keyed hashes."""

import hashlib
import hmac

from server.vault.hashes import KeyedHasher

ONE, TWO = bytes(32), bytes([2]) * 32


def test_the_hash_is_the_documented_hmac():
    expected = hmac.new(ONE, b"address\0ann@acme.example", hashlib.sha256).hexdigest()

    assert KeyedHasher({1: ONE}, 1).hash("address", "ann@acme.example") == f"v1:{expected}"


def test_kind_value_and_key_each_make_another_hash():
    hasher = KeyedHasher({1: ONE}, 1)

    found = {
        hasher.hash("address", "acme.example"),
        hasher.hash("domain", "acme.example"),
        hasher.hash("address", "other.example"),
        KeyedHasher({1: TWO}, 1).hash("address", "acme.example"),
    }

    assert len(found) == 4


def test_after_a_rotation_the_old_hash_is_still_asked_for():
    before = KeyedHasher({1: ONE}, 1).hash("address", "a@x.example")
    hasher = KeyedHasher({1: ONE, 2: TWO}, 2)

    assert hasher.hash("address", "a@x.example").startswith("v2:")
    assert hasher.all("address", "a@x.example") == (hasher.hash("address", "a@x.example"), before)


def test_nothing_of_the_value_is_in_the_hash():
    found = KeyedHasher({1: ONE}, 1).hash("address", "ann@acme.example")

    assert "ann" not in found
    assert len(found) == len("v1:") + 64
