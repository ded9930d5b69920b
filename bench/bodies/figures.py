"""One table of how bodies are stripped, ours beside other libraries, and the figures for build/bench.json."""

from __future__ import annotations

from collections.abc import Iterator

from bench.bodies import cost
from bench.bodies.marked import MarkedMail, Score, Strip, read_fixtures, read_mails, score_stripper
from bench.bodies.strippers import StripText, list_others
from server.rules.body.quoting import own_text

Figure = tuple[float, str, float | None, str]
OURS = "ours"
MOST_HISTORY_LEFT = 0.02
READINGS = """\
First readings. programs, languages, kept and furniture were written before these rules: the rules before lost 130 of
their 839 lines by authors in 62 mails, and left history in 49 of 290 replies and furniture in 49 of 140 mails. second
was written after these rules: at first reading they lost none of its 110 lines by authors, and left history in 2 of 31
replies and furniture in 1 of 14 mails. third was written then: at first reading they lost lines in 10 of 89 mails and
left history in 4 of 66 replies. cases and fixtures were known while these rules were written."""


def list_strippers() -> dict[str, Strip]:
    """Ours reads the subject and whether the mail is an answer; the others take the text alone."""
    return {OURS: strip_mail, **{name: _strip_by(strip) for name, strip in list_others().items()}}


def _strip_by(strip: StripText) -> Strip:
    return lambda mail: strip(mail.text.strip())


def strip_mail(mail: MarkedMail) -> str:
    return own_text(mail.text.strip(), mail.subject, is_answer=mail.is_answer)


def list_sets() -> dict[str, list[MarkedMail]]:
    return {**read_mails(), "fixtures": read_fixtures()}


def score_all() -> dict[str, Score]:
    """The score of each stripper over all mails."""
    mails = [mail for mails in list_sets().values() for mail in mails]
    return {name: score_stripper(strip, mails) for name, strip in list_strippers().items()}


def write_table() -> Iterator[str]:
    """Rows for each set by ours, and for all mails by each stripper; then the misses of ours by name."""
    yield f"{'stripper, mails':32}{'lines missing':>18}{'history left':>18}{'furniture left':>18}"
    for name, mails in list_sets().items():
        yield _write_row(f"{OURS}, {name} ({len(mails)})", score_stripper(strip_mail, mails))
    scores = score_all()
    for name, score in scores.items():
        yield _write_row(f"{name}, all", score)
    ours = scores[OURS]
    yield f"missing: {'; '.join(f'{name}: {line}' for name, line in ours.missing) or '-'}"
    yield f"history left: {', '.join(ours.history_left) or '-'}"
    yield f"furniture left: {', '.join(ours.furniture_left) or '-'}"
    yield READINGS


def _write_row(title: str, score: Score) -> str:
    cells = (
        (len(score.missing), score.sentences),
        (len(score.history_left), score.replies),
        (len(score.furniture_left), score.furnished),
    )
    return f"{title:32}" + "".join(f"{f'{count} of {total}':>18}" for count, total in cells)


def figures() -> dict[str, Figure]:
    """Lines by authors that are lost, shares of mails in which others' lines are left, the cost of the worst mail."""
    score = score_stripper(strip_mail, [mail for mails in list_sets().values() for mail in mails])
    return {
        "body_sentences_lost": (
            float(len(score.missing)), "count", 0.0, f"of {score.sentences} lines that authors wrote"
        ),
        "body_history_left": (
            len(score.history_left) / score.replies, "ratio", MOST_HISTORY_LEFT, f"of {score.replies} labelled replies"
        ),
        "body_furniture_left": (
            len(score.furniture_left) / score.furnished, "ratio", None, f"of {score.furnished} mails with such lines"
        ),
        **cost.figures(),
    }  # fmt: skip
