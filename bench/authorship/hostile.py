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


def make_hostile(size: int = SIZE) -> Iterator[tuple[str, Headers]]:
    """By name. Each aims at one thing that reads headers: a pattern, a parser, a loop."""
    who = ("From", "Ann <ann@x.example>")
    pairs_by_name: dict[str, Pairs] = {
        "a long subject": [who, ("Subject", "a " * (size // 2))],
        "a subject of brackets": [who, ("Subject", "[" * size)],
        "a subject almost away": [who, ("Subject", "out of the office " * (size // 18))],
        "a subject almost a digest": [who, ("Subject", "digest " * (size // 7))],
        "a subject of encoded words": [who, ("Subject", "=?utf-8?q?a?= " * (size // 14))],
        "a broken encoded word": [who, ("Subject", "=?utf-8?b?" + "A" * size)],
        "comments in comments": [("From", "(" * (size // 2) + ")" * (size // 2) + " ann@x.example")],
        "comments in a token": [who, ("Auto-Submitted", "(" * (size // 2) + ")" * (size // 2))],
        "a quote that never ends": [("From", '"' + "a" * size)],
        "angle brackets": [("From", "<" * size)],
        "at signs": [("From", "@" * size)],
        "commas": [("From", "," * size)],
        "many authors": [("From", ", ".join(f"a{n}@x.example" for n in range(size // 16)))],
        "a local part of dashes": [("From", "-" * size + "@x.example")],
        "a local part almost no-reply": [("From", "no-reply-" * (size // 9) + "x@x.example")],
        "a minted local part": [("From", "a1" * (size // 2) + "@x.example")],
        "a domain of dots": [("From", "a@" + "a." * (size // 2) + "example")],
        "a return path of bounces": [who, ("Return-Path", "<" + "bounce-" * (size // 7))],
        "a content type of parameters": [who, ("Content-Type", "text/plain" + "; a=b" * (size // 5))],
        "a content type of spaces": [who, ("Content-Type", "text/plain;" + " " * size + "method")],
        "a list address of at signs": [who, ("List-Post", "<mailto:" + "@" * size + ">")],
        "a list of lists": [who, ("List-ID", "<" * size)],
        "an opt-out of hosts": [who, ("List-Unsubscribe", "<https://a.b.c.d.e.f.g.h/" * (size // 26))],
        "a return path of hosts": [who, ("Return-Path", "<a@" + "a.b/" * (size // 4))],
        "a sender of words": [("Sender", "a@b " * (size // 4))],
        "many list addresses": [who, *[("List-Post", "<mailto:a@b.example>")] * (size // 29)],
        "many authors' headers": [("From", "undisclosed")] * (size // 15),
        "many opt-outs": [who, *[("List-Unsubscribe", "<x>")] * (size // 19)],
        "a name that spells dots": [("From", "A B " * (size // 8) + "<" + "a." * (size // 4) + "b@x.example>")],
        "a subject almost away in German": [who, ("Subject", "ich bin bis " + "a " * (size // 2))],
        "a subject almost answered": [who, ("Subject", "auto: " + "out of " * (size // 7))],
        "days that never end": [who, ("Subject", "out of office until " + "3. - 4., " * (size // 9))],
        "a note almost over": [who, ("Subject", "abwesend bis 3. mai: re " * (size // 24)), ("In-Reply-To", "<a@b>")],
        "a receipt almost read": [who, ("Subject", "read " * (size // 5) + ":"), ("In-Reply-To", "<a@b>")],
        "a server almost done": [
            who,
            ("Auto-Submitted", "auto-generated"),
            ("X-MS-Exchange-Inbox-Rules-Loop", "a@x.example"),
            ("Subject", "backup job " * (size // 11)),
        ],
        "a loop of addresses": [
            who,
            ("Auto-Submitted", "auto-generated"),
            ("X-MS-Exchange-Inbox-Rules-Loop", "ann@x.exampl " * (size // 13)),
            ("X-Auto-Response-Suppress", "All"),
        ],
        "many traces of forwarding": [who, ("Auto-Submitted", "auto-generated"), *[("X-Loop", "a")] * (size // 7)],
        "a rewritten path": [who, ("Auto-Submitted", "auto-generated"), ("Return-Path", "<a" + "+srs" * (size // 4))],
        "brackets in Japanese": [who, ("Subject", "【自動" * (size // 3))],
        "a name almost no-reply": [("From", "do not repl " * (size // 12) + "<a@x.example>")],
        "comments beside a name": [("From", "ann <a@x.example> " + "(送" * (size // 2))],
        "a bot of roles": [("From", "orders-" * (size // 7) + "bot@x.example")],
        "a system almost bouncing": [
            ("From", "Mail System <a@x.example>"),
            ("Subject", "mail could not" * (size // 14)),
        ],
        "a ticket almost received": [who, ("X-Zendesk-Email-Id", "1"), ("Subject", "ticket has been " * (size // 16))],
        "an agent's brackets": [("From", "A " + "(" * size + " <a@x.example>"), ("X-Zendesk-Email-Id", "1")],
        "a meeting almost": [who, ("X-MS-TrafficTypeDiagnostic", ":ee_meetingmessag" * (size // 17))],
        "references": [who, ("References", "<a@b> " * (size // 6))],
        "many references": [who, *[("References", "<a@b>")] * (size // 15)],
        "many headers": [who, *[(f"X-{n}", "") for n in range(size // 10)]],
        "one name in many spellings": [who, *[(_spell("x-received-by-a-relay", n), "") for n in range(size // 22)]],
        "one header many times": [who, *[("Received", "x")] * (size // 10)],
        "many tools": [who, *[("X-Mixmax-A", "x")] * (size // 12)],
        "a message id of dashes": [who, ("Message-ID", "<calendar-" + "0-" * (size // 2))],
        "a mailer": [who, ("X-Mailer", "mail" * (size // 4))],
        "bidi and zero width": [who, ("Subject", "\u202e\u200b" * (size // 2))],
    }
    yield from ((name, Headers.of(pairs)) for name, pairs in pairs_by_name.items())


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
