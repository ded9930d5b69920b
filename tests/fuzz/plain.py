"""A small fuzzer for where atheris has no wheel: mutates, and keeps what takes a branch that nothing took before."""

from __future__ import annotations

import random
import time

from tests.fuzz.frame import MAX_INPUT, Harness, complaint, reached

BYTES = (
    b"\x00",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xc3\xa9",
    b"\r\n",
    b"\r\n ",
    b'"',
    b"\\",
    b"(",
    b")",
    b"<",
    b">",
    b"=?",
    b"?=",
)


def mutated(data: bytes, others: list[bytes], words: tuple[bytes, ...], dice: random.Random) -> bytes:
    """One to eight small changes: out, in, twice, another's piece, another byte."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        at = dice.randint(0, len(changed))
        length = dice.choice((1, 1, 2, 4, 16, 64))
        match dice.randrange(6):
            case 0:
                del changed[at : at + length]
            case 1:
                changed[at:at] = dice.choice(words or BYTES)
            case 2:
                changed[at:at] = changed[at : at + length] * dice.choice((1, 2, 50))
            case 3:
                other = dice.choice(others) if others else b""
                start = dice.randint(0, len(other))
                changed[at : at + length] = other[start : start + length]
            case 4:
                changed[at:at] = dice.choice(BYTES)
            case _ if at < len(changed):
                changed[at] = dice.randrange(256)
    return bytes(changed[:MAX_INPUT])


def fuzz(harness: Harness, inputs: list[bytes], seconds: float, seed: int) -> tuple[int, list[bytes], bytes | None]:
    """How many were tried, which reached something new, and the first that broke a promise."""
    dice = random.Random(seed)
    pool, seen = [*inputs] or [b""], set()
    for data in pool:
        seen |= reached(harness.one, data)
    new: list[bytes] = []
    tried, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        data = mutated(dice.choice(pool), pool, harness.words, dice)
        tried += 1
        if complaint(harness.one, data):
            return tried, new, data
        if fresh := reached(harness.one, data) - seen:
            seen |= fresh
            pool.append(data)
            new.append(data)
    return tried, new, None
