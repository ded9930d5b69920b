"""Whether an answering machine wrote the subject, or a person whose own sentence begins as a machine's does.

A note ends after its phrase, or after the days of the absence. What follows a colon is the subject that the machine
answers, unless the author asks for something there: "On vacation from 3 August: please send the last order".
"""

from __future__ import annotations

from server.rules.authorship import away_words as words

LONGEST = 400
"""Characters of a subject that are looked at."""
MOST_WORDS = 8
"""Words of a clause that tells the days of an absence."""
LONGEST_TITLE = 3
"""Words of a title that no verb fits into."""
_BLANKS = " \t\"'»”"


def names_automatic_answer(subject: str, *, is_answer: bool) -> bool:
    """Whether the subject begins with the name that a program gives its answers, and goes on as a program does.

    ``is_answer``: the mail names the mail that it answers.
    """
    subject = subject[:LONGEST]
    phrase = words.ANSWER_PHRASE.match(subject)
    if phrase is None:
        return words.AUTO_PHRASE.match(subject) is not None
    tail = subject[phrase.end() :].lstrip()
    if not tail or words.ANSWERED.match(tail):
        return True
    if tail[0] in words.COLONS + words.BRACKETS:
        rest = tail.lstrip(words.COLONS + words.BRACKETS + _BLANKS)
        is_topic = not _asks(rest) and not rest.startswith(words.PARTICLES)
        return is_answer or is_topic or words.ANSWERED.match(rest) is not None
    if tail[0] in words.PAUSES:
        rest = tail.lstrip(words.PAUSES + _BLANKS)
        return is_answer or not rest or words.ANSWERED.match(rest) is not None or not goes_on(rest)
    return words.ADDRESSEE.match(tail) is not None and (is_answer or not _asks(tail))


def tells_absence(subject: str, *, is_answer: bool) -> bool:
    """Whether the subject says that the author is away, and then nothing but until when or what it answers."""
    subject = subject[:LONGEST]
    phrase = words.AWAY.match(subject)
    if phrase is None:
        return False
    tail = subject[phrase.end() :].lstrip()
    if not tail or words.NAMED_NOTE.match(tail) or words.ANSWERED.match(tail):
        return True
    if words.UNTIL.match(tail):
        return _ends_after_days(tail, is_answer=is_answer)
    if tail[0] in words.OPENERS:
        days, _, rest = tail[1:].partition(words.CLOSERS[words.OPENERS.index(tail[0])])
        return not words.REQUEST.search(days) and _ends_as_note(rest, is_answer=is_answer)
    if tail[0] in words.COLONS + words.BRACKETS:
        rest = tail.lstrip(words.COLONS + words.BRACKETS + _BLANKS)
        return is_answer or words.ANSWERED.match(rest) is not None or not _asks(rest)
    return False


def may_tell_absence(subject: str) -> bool:
    """Whether the subject begins as a note of an absence does, and no other thing is named by these words."""
    phrase = words.AWAY.match(subject[:LONGEST])
    if phrase is None:
        return False
    tail = subject[phrase.end() : LONGEST].lstrip()
    return not tail or (words.TIME.match(tail) is not None and not _asks(tail))


def may_tell_holiday(subject: str) -> bool:
    """Whether the subject is no more than a holiday, or a holiday until a day."""
    phrase = words.HOLIDAY_PHRASE.match(subject[:LONGEST])
    tail = subject[phrase.end() : LONGEST].strip() if phrase else "-"
    return not tail or (words.UNTIL.match(tail) is not None and not _asks(tail))


def _ends_after_days(clause: str, *, is_answer: bool) -> bool:
    """Whether the clause tells days, and nothing follows that a person would add."""
    separator = words.SEPARATOR.search(clause)
    days = clause[: separator.start()] if separator else clause
    if words.REQUEST.search(days) or len(days.split()) > MOST_WORDS:
        return False
    if separator is None:
        return True
    rest = clause[separator.start() :]
    return _ends_as_note(rest, is_answer=is_answer) or (words.UNTIL_DAY.match(days) is not None and _names_topic(rest))


def _ends_as_note(text: str, *, is_answer: bool) -> bool:
    """Whether what follows the days is nothing, the answered subject, or more about the absence."""
    rest = text.strip(words.COLONS + words.BRACKETS + words.PAUSES + _BLANKS + "/")
    if not rest or words.ANSWERED.match(rest):
        return True
    if _asks(rest) or text.rstrip().endswith(words.QUESTION_MARKS):
        return False
    return is_answer or any(pattern.match(rest) for pattern in (words.AWAY, words.HOLIDAY_PHRASE, words.RETURN))


def _names_topic(text: str) -> bool:
    """Whether a colon and a short title follow, as of an answered mail: a machine says until when, then what."""
    title = text[1:].strip()
    return (
        text[0] in words.COLONS and 0 < len(title.split()) <= LONGEST_TITLE and title[0].isupper() and not _asks(title)
    )


def goes_on(text: str) -> bool:
    """Whether the text goes on with the words before it, or asks: the author's own sentence."""
    return _asks(text) or (text[:1].islower() and len(text.split()) > 1)


def _asks(text: str) -> bool:
    return text.rstrip().endswith(words.QUESTION_MARKS) or words.REQUEST.search(text) is not None
