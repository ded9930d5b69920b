"""The envelope: what was sealed opens in its own place, and nothing else does."""

import hashlib
import json
import struct
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from server.adapters.local_kek import AesWork, RsaUnwrap, RsaWrap
from server.domain.errors import SealBrokenError
from server.vault.envelope import CACHED_DEKS, Place, WorkSealer, open_copy, seal_copy
from tests.support.work_deks import MemoryDeks, WatchedKek

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "envelope.json").read_text())
PLACE = Place("org", "copies", "k1", "mail")
ELSEWHERE = [
    Place("other", "copies", "k1", "mail"),
    Place("org", "other", "k1", "mail"),
    Place("org", "copies", "k2", "mail"),
    Place("org", "copies", "k1", "other"),
    Place("orgcopies", "", "k1", "mail"),
    Place("", "orgcopies", "k1", "mail"),
]


@pytest.fixture(scope="module")
def private():
    pem = VECTORS["vault_private_pem"].encode()
    return serialization.load_pem_private_key(pem, password=None)


@pytest.fixture(scope="module")
def wrap(private):
    return RsaWrap(private.public_key())


@pytest.fixture(scope="module")
def unwrap(private):
    return RsaUnwrap(private)


@pytest.fixture(scope="module")
def sealed(wrap):
    return seal_copy(b"Dear Ann", PLACE, wrap)


@pytest.fixture
def work():
    return WorkSealer(AesWork(bytes(32)), MemoryDeks(), "org")


@pytest.mark.parametrize("plaintext", [b"", b"Dear Ann", b"\0" * 100_000], ids=len)
def test_a_copy_opens_in_its_place(wrap, unwrap, plaintext):
    one = seal_copy(plaintext, PLACE, wrap)

    assert open_copy(one.ciphertext, one.wrapped_dek, PLACE, unwrap, one.key_name) == plaintext


def test_two_copies_of_one_mail_have_nothing_in_common(wrap, sealed):
    again = seal_copy(b"Dear Ann", PLACE, wrap)

    assert again.dek_id != sealed.dek_id
    assert again.wrapped_dek != sealed.wrapped_dek
    assert again.ciphertext[3:] != sealed.ciphertext[3:]


@pytest.mark.parametrize("place", ELSEWHERE, ids=str)
def test_a_copy_opens_nowhere_else(sealed, unwrap, place):
    with pytest.raises(SealBrokenError):
        open_copy(sealed.ciphertext, sealed.wrapped_dek, place, unwrap, sealed.key_name)


def test_a_dek_and_a_ciphertext_that_were_not_made_together_do_not_open(wrap, unwrap, sealed):
    other = seal_copy(b"Dear Ben", PLACE, wrap)

    with pytest.raises(SealBrokenError):
        open_copy(sealed.ciphertext, other.wrapped_dek, PLACE, unwrap, sealed.key_name)


def test_the_place_stands_in_the_wrapped_dek_too(private, wrap, unwrap, sealed):
    """A DEK wrapped anew for another place is refused before anything is decrypted."""
    inner = unwrap.unwrap(sealed.wrapped_dek, sealed.key_name)
    moved = wrap.wrap(inner[:33] + bytes(32))

    with pytest.raises(SealBrokenError, match="another place"):
        open_copy(sealed.ciphertext, moved, PLACE, unwrap, sealed.key_name)


def test_a_wrapped_dek_of_another_version_is_refused(wrap, unwrap, sealed):
    inner = unwrap.unwrap(sealed.wrapped_dek, sealed.key_name)

    for wrong in (b"\x02" + inner[1:], inner[:-1], inner[:33]):
        with pytest.raises(SealBrokenError, match="unknown form"):
            open_copy(sealed.ciphertext, wrap.wrap(wrong), PLACE, unwrap, sealed.key_name)


def test_another_key_opens_nothing(sealed):
    stranger = RsaUnwrap(rsa.generate_private_key(65537, 3072))

    with pytest.raises(SealBrokenError, match="Another vault key") as caught:
        open_copy(sealed.ciphertext, sealed.wrapped_dek, PLACE, stranger, sealed.key_name)
    assert f"this copy: {sealed.key_name}. Put the file" in str(caught.value)


def test_any_changed_byte_of_a_copy_is_found(sealed, unwrap):
    for i in range(len(sealed.ciphertext)):
        changed = bytearray(sealed.ciphertext)
        changed[i] ^= 1
        with pytest.raises(SealBrokenError):
            open_copy(bytes(changed), sealed.wrapped_dek, PLACE, unwrap, sealed.key_name)


def test_a_copy_cut_anywhere_does_not_open(sealed, unwrap):
    for end in range(len(sealed.ciphertext)):
        with pytest.raises(SealBrokenError):
            open_copy(sealed.ciphertext[:end], sealed.wrapped_dek, PLACE, unwrap, sealed.key_name)


@pytest.mark.parametrize("name", sorted(VECTORS["copies"]))
def test_what_version_1_sealed_opens_for_ever(unwrap, name):
    vector = VECTORS["copies"][name]

    plaintext = open_copy(
        bytes.fromhex(vector["ciphertext"]),
        bytes.fromhex(vector["wrapped_dek"]),
        Place(*vector["place"]),
        unwrap,
        VECTORS["vault_key_name"],
    )

    assert plaintext == vector["plaintext"].encode()


@pytest.mark.parametrize("name", sorted(VECTORS["copies"]))
def test_a_copy_has_the_documented_form(private, name):
    """Opened by hand, with the table of docs/security.md and a library alone."""
    vector = VECTORS["copies"][name]
    sealed = bytes.fromhex(vector["ciphertext"])
    place = b"".join(struct.pack(">I", len(p.encode())) + p.encode() for p in vector["place"])
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)

    inner = private.decrypt(bytes.fromhex(vector["wrapped_dek"]), oaep)

    assert inner[:1] == b"\x01"
    assert inner[33:] == hashlib.sha256(place).digest()
    assert sealed[:3] == b"TC\x01"
    opened = AESGCM(inner[1:33]).decrypt(sealed[3:15], sealed[15:], b"TC\x01" + place)
    assert opened == vector["plaintext"].encode()


@pytest.mark.parametrize("name", sorted(VECTORS["work"]))
def test_what_version_1_sealed_for_work_opens_for_ever(name):
    vector = VECTORS["work"][name]
    sealer = WorkSealer(AesWork(bytes.fromhex(VECTORS["work_key"])), MemoryDeks(), vector["place"][0])

    assert sealer.open(bytes.fromhex(vector["sealed"]), Place(*vector["place"])) == vector["plaintext"].encode()


@given(st.binary(max_size=500))
def test_work_is_read_back(plaintext):
    sealer = WorkSealer(AesWork(bytes(32)), MemoryDeks(), "org")

    assert sealer.open(sealer.seal(plaintext, PLACE, "2026-11-24"), PLACE) == plaintext


@pytest.mark.parametrize("place", ELSEWHERE, ids=str)
def test_work_opens_nowhere_else(work, place):
    sealed = work.seal(b"text", PLACE, "2026-11-24")

    with pytest.raises(SealBrokenError):
        work.open(sealed, place)


def test_work_of_another_organisation_does_not_open(work):
    sealed = work.seal(b"text", PLACE, "2026-11-24")

    with pytest.raises(SealBrokenError):
        WorkSealer(AesWork(bytes(32)), MemoryDeks(), "other").open(sealed, PLACE)


def test_any_changed_or_missing_byte_of_work_is_found(work):
    sealed = work.seal(b"text", PLACE, "2026-11-24")

    for i in range(len(sealed)):
        changed = bytearray(sealed)
        changed[i] ^= 1
        with pytest.raises(SealBrokenError):
            work.open(bytes(changed), PLACE)
        with pytest.raises(SealBrokenError):
            work.open(sealed[:i], PLACE)


@given(st.binary(max_size=200))
def test_noise_is_not_work(noise):
    sealer = WorkSealer(AesWork(bytes(32)), MemoryDeks(), "org")

    for sealed in (noise, b"TW\x01" + noise, b"TW\x01" + struct.pack(">H", len(noise)) + noise):
        with pytest.raises(SealBrokenError):
            sealer.open(sealed, PLACE)


def test_one_day_asks_for_one_key_however_much_is_sealed():
    kek = WatchedKek()
    sealer = WorkSealer(kek, MemoryDeks(), "org")

    first = [sealer.seal(b"x", PLACE, "2026-11-24") for _ in range(5)]
    second = sealer.seal(b"x", PLACE, "2026-11-25")

    assert kek.asked == ["wrap", "wrap"]
    assert len(set(first)) == 5
    assert [sealer.open(s, PLACE) for s in (*first, second)] == [b"x"] * 6
    assert kek.asked == ["wrap", "wrap"]


def test_unwrapped_keys_are_not_kept_without_end():
    kek, deks = WatchedKek(), MemoryDeks()
    sealed = [WorkSealer(kek, deks, "org").seal(b"x", PLACE, f"day {i}") for i in range(CACHED_DEKS + 2)]
    reader = WorkSealer(kek, deks, "org")

    for value in sealed[:CACHED_DEKS]:
        reader.open(value, PLACE)
    kek.asked.clear()
    reader.open(sealed[0], PLACE)
    assert kek.asked == []
    for value in sealed[CACHED_DEKS:]:
        reader.open(value, PLACE)
    kek.asked.clear()

    # The first one was used again meanwhile; the two after it went.
    reader.open(sealed[0], PLACE)
    reader.open(sealed[3], PLACE)
    assert kek.asked == []
    reader.open(sealed[1], PLACE)
    assert kek.asked == ["unwrap"]


@given(st.tuples(st.text(), st.text(), st.text(), st.text()), st.tuples(st.text(), st.text(), st.text(), st.text()))
def test_no_two_places_have_the_same_bytes(one, other):
    assert (Place(*one).encode() == Place(*other).encode()) == (one == other)
