"""Headers that are made to slow the screening, each compared with ordinary headers of the same size."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator

from bench.authorship.samples import Sample
from server.domain.message import Headers
from server.rules.authorship.rule import AuthorKind, judge_authorship

SIZE = 100_000
"""Characters of one message's headers."""
RUNS = 5
Pairs = list[tuple[str, str]]
WHO = ("From", "Ann <ann@x.example>")


def make_hostile(size: int = SIZE) -> Iterator[tuple[str, Headers]]:
    """By name. Each aims at one thing that reads headers: a pattern, a parser, a loop."""
    pairs_by_name = _list_subjects(size) | _list_authors(size) | _list_others(size)
    yield from ((name, Headers.of(pairs)) for name, pairs in pairs_by_name.items())


def _list_subjects(size: int) -> dict[str, Pairs]:
    """Where a subject is part of it."""
    return {
        "a long subject": [WHO, ("Subject", "a " * (size // 2))],
        "a subject of brackets": [WHO, ("Subject", "[" * size)],
        "a subject almost away": [WHO, ("Subject", "out of the office " * (size // 18))],
        "a subject almost a digest": [WHO, ("Subject", "digest " * (size // 7))],
        "a subject of encoded words": [WHO, ("Subject", "=?utf-8?q?a?= " * (size // 14))],
        "a broken encoded word": [WHO, ("Subject", "=?utf-8?b?" + "A" * size)],
        "a subject almost away in German": [WHO, ("Subject", "ich bin bis " + "a " * (size // 2))],
        "a subject almost answered": [WHO, ("Subject", "auto: " + "out of " * (size // 7))],
        "days that never end": [WHO, ("Subject", "out of office until " + "3. - 4., " * (size // 9))],
        "a note almost over": [WHO, ("Subject", "abwesend bis 3. mai: re " * (size // 24)), ("In-Reply-To", "<a@b>")],
        "a receipt almost read": [WHO, ("Subject", "read " * (size // 5) + ":"), ("In-Reply-To", "<a@b>")],
        "a server almost done": [
            WHO,
            ("Auto-Submitted", "auto-generated"),
            ("X-MS-Exchange-Inbox-Rules-Loop", "a@x.example"),
            ("Subject", "backup job " * (size // 11)),
        ],
        "brackets in Japanese": [WHO, ("Subject", "【自動" * (size // 3))],
        "a system almost bouncing": [
            ("From", "Mail System <a@x.example>"),
            ("Subject", "mail could not" * (size // 14)),
        ],
        "a ticket almost received": [WHO, ("X-Zendesk-Email-Id", "1"), ("Subject", "ticket has been " * (size // 16))],
        "bidi and zero width": [WHO, ("Subject", "\u202e\u200b" * (size // 2))],
    }


def _list_authors(size: int) -> dict[str, Pairs]:
    """Where the author is."""
    return {
        "comments in comments": [("From", "(" * (size // 2) + ")" * (size // 2) + " ann@x.example")],
        "a quote that never ends": [("From", '"' + "a" * size)],
        "angle brackets": [("From", "<" * size)],
        "at signs": [("From", "@" * size)],
        "commas": [("From", "," * size)],
        "many authors": [("From", ", ".join(f"a{n}@x.example" for n in range(size // 16)))],
        "a local part of dashes": [("From", "-" * size + "@x.example")],
        "a local part almost no-reply": [("From", "no-reply-" * (size // 9) + "x@x.example")],
        "a minted local part": [("From", "a1" * (size // 2) + "@x.example")],
        "a domain of dots": [("From", "a@" + "a." * (size // 2) + "example")],
        "many authors' headers": [("From", "undisclosed")] * (size // 15),
        "a name that spells dots": [("From", "A B " * (size // 8) + "<" + "a." * (size // 4) + "b@x.example>")],
        "a name almost no-reply": [("From", "do not repl " * (size // 12) + "<a@x.example>")],
        "comments beside a name": [("From", "ann <a@x.example> " + "(送" * (size // 2))],
        "a bot of roles": [("From", "orders-" * (size // 7) + "bot@x.example")],
        "an agent's brackets": [("From", "A " + "(" * size + " <a@x.example>"), ("X-Zendesk-Email-Id", "1")],
    }


def _list_others(size: int) -> dict[str, Pairs]:
    """Where another header is."""
    return {
        "comments in a token": [WHO, ("Auto-Submitted", "(" * (size // 2) + ")" * (size // 2))],
        "a return path of bounces": [WHO, ("Return-Path", "<" + "bounce-" * (size // 7))],
        "a content type of parameters": [WHO, ("Content-Type", "text/plain" + "; a=b" * (size // 5))],
        "a content type of spaces": [WHO, ("Content-Type", "text/plain;" + " " * size + "method")],
        "a list address of at signs": [WHO, ("List-Post", "<mailto:" + "@" * size + ">")],
        "a list of lists": [WHO, ("List-ID", "<" * size)],
        "an opt-out of hosts": [WHO, ("List-Unsubscribe", "<https://a.b.c.d.e.f.g.h/" * (size // 26))],
        "a return path of hosts": [WHO, ("Return-Path", "<a@" + "a.b/" * (size // 4))],
        "a sender of words": [("Sender", "a@b " * (size // 4))],
        "many list addresses": [WHO, *[("List-Post", "<mailto:a@b.example>")] * (size // 29)],
        "many opt-outs": [WHO, *[("List-Unsubscribe", "<x>")] * (size // 19)],
        "a loop of addresses": [
            WHO,
            ("Auto-Submitted", "auto-generated"),
            ("X-MS-Exchange-Inbox-Rules-Loop", "ann@x.exampl " * (size // 13)),
            ("X-Auto-Response-Suppress", "All"),
        ],
        "many traces of forwarding": [WHO, ("Auto-Submitted", "auto-generated"), *[("X-Loop", "a")] * (size // 7)],
        "a rewritten path": [WHO, ("Auto-Submitted", "auto-generated"), ("Return-Path", "<a" + "+srs" * (size // 4))],
        "a meeting almost": [WHO, ("X-MS-TrafficTypeDiagnostic", ":ee_meetingmessag" * (size // 17))],
        "references": [WHO, ("References", "<a@b> " * (size // 6))],
        "many references": [WHO, *[("References", "<a@b>")] * (size // 15)],
        "many headers": [WHO, *[(f"X-{n}", "") for n in range(size // 10)]],
        "one name in many spellings": [WHO, *[(_spell("x-received-by-a-relay", n), "") for n in range(size // 22)]],
        "one header many times": [WHO, *[("Received", "x")] * (size // 10)],
        "many tools": [WHO, *[("X-Mixmax-A", "x")] * (size // 12)],
        "a message id of dashes": [WHO, ("Message-ID", "<calendar-" + "0-" * (size // 2))],
        "a mailer": [WHO, ("X-Mailer", "mail" * (size // 4))],
    }


def _spell(name: str, number: int) -> str:
    return "".join(c.upper() if number >> at & 1 else c for at, c in enumerate(name))


def make_ordinary(samples: list[Sample], size: int = SIZE) -> Iterator[Headers]:
    """The samples, each made as long by the headers that mail collects on its way."""
    chance = random.Random(5)
    for sample in samples:
        pairs = list(sample.headers)
        length = sum(len(name) + len(value) for name, value in pairs)
        while length < size:
            value = "".join(chance.choices("abcdefghij ;=.-", k=900))
            pairs.append((chance.choice(("Received", "ARC-Seal", "DKIM-Signature", "X-MS-Exchange-AntiSpam")), value))
            length += 920
        yield Headers.of(pairs)


def measure_cost(headers: Headers) -> float:
    """Seconds of the fastest of some runs."""
    return min(_time(lambda: _judge(headers)) for _ in range(RUNS))


def find_worst_cost(samples: list[Sample]) -> tuple[float, str]:
    """The cost of the worst hostile message over the median of ordinary ones, and its name."""
    median = statistics.median(measure_cost(headers) for headers in make_ordinary(samples))
    worst, name = max((measure_cost(headers), name) for name, headers in make_hostile())
    return worst / median, name


def _judge(headers: Headers) -> AuthorKind:
    return judge_authorship(headers, is_outbound=False, own_group=False, label_ids=frozenset()).kind


def _time(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
