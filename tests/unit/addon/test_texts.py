"""What people read stands once: no second table of sentences for reasons, in any language of the project."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from addon import texts
from addon.codes import ReasonCode, WhyCode
from addon.sentences import Facts, sentence_of
from server.domain.decision import Reason, Why
from tests.support.sources import parse_source

ROOT = Path(__file__).parents[3]
CODES = {*ReasonCode, *WhyCode}
FOLDERS = ("addon", "server", "simulator", "bench")
MOST_ENTRIES = 3
"""So many reasons may have a word elsewhere, such as the two that Salesforce's own terms name."""


def strings_of(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from strings_of(entry)
    elif isinstance(value, tuple):
        for entry in value:
            yield from strings_of(entry)


TEXTS = {name: value for name, value in vars(texts).items() if name.isupper()}
SENTENCES = {s for value in TEXTS.values() for s in strings_of(value) if s.count(" ") >= 3}


def files(*endings: str) -> list[Path]:
    paths = [p for folder in FOLDERS for ending in endings for p in (ROOT / folder).rglob(f"*{ending}")]
    return [p for p in paths if p != ROOT / "addon" / "texts.py"]


def tables_of_reasons(source: str) -> list[int]:
    """The lines of dictionaries that give many reasons a text."""
    lines = []
    for node in ast.walk(parse_source(source)):
        if isinstance(node, ast.Dict):
            entries = zip(node.keys, node.values, strict=True)
            if sum(_is_code(key) and _is_text(value) for key, value in entries if key) > MOST_ENTRIES:
                lines.append(node.lineno)
    return lines


def _is_code(key: ast.expr) -> bool:
    if isinstance(key, ast.Attribute):
        return key.attr.lower() in CODES
    return isinstance(key, ast.Constant) and key.value in CODES


def _is_text(value: ast.expr) -> bool:
    is_string = isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str))
    return is_string or (isinstance(value, ast.Tuple) and any(_is_text(entry) for entry in value.elts))


def test_every_reason_and_every_why_has_its_texts():
    assert set(texts.SENTENCES) == set(texts.SHORT) == {*(reason.value for reason in Reason), "newer"}
    assert set(texts.WHYS) == {why.value for why in Why}


@pytest.mark.parametrize("reason", ReasonCode)
def test_a_sentence_reads_well_whatever_is_known(reason):
    facts = {"record": "Ada", "found_by": "a@b.c", "address": "a@b.c", "account": "Acme", "mark": "SPAM",
             "time": "14:35", "sentence": "Region is required.", "code": "CODE", "chosen_by": "You"}  # fmt: skip
    for known in ({}, *({name: value} for name, value in facts.items()), facts):
        sentence = sentence_of(reason, Facts(**known))
        assert "{" not in sentence
        assert sentence[0].isupper()
        assert sentence[-1] in ".”"


def test_no_other_file_holds_one_of_the_sentences():
    assert len(SENTENCES) > 80
    for path in files(".py", ".js", ".html"):
        source = path.read_text()
        assert not [s for s in SENTENCES if s in source], path


def test_no_other_module_has_a_table_of_reasons():
    for path in files(".py"):
        assert not tables_of_reasons(path.read_text()), path


def test_the_pages_scripts_name_no_reason():
    for path in files(".js"):
        named = re.findall(r"\b(?:" + "|".join(CODES - {"ready", "held", "gone", "erased"}) + r")\b", path.read_text())
        assert not named, path


@pytest.mark.parametrize(
    "source",
    [
        "{'no_match': 'a', 'automated': 'b', 'kept_out': 'c', 'gone': 'd'}",
        "{Reason.NO_MATCH: 'a', Reason.AUTOMATED: 'b', Reason.KEPT_OUT: f'{c}', Reason.GONE: ('d', 'e')}",
    ],
)
def test_a_second_table_is_caught(source):
    assert tables_of_reasons(source)
