"""docs/commands.md lists the commands with their arguments and options, the Makefile's targets and the exit codes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import click
import pytest

from server.commands.running import ExitCode
from server.domain import errors
from server.web.app import create_app
from tests.docs.pages import (
    ROOT,
    find_code_spans,
    find_fenced_lines,
    list_pages_of_today,
    read_page,
    read_rows,
    read_section,
)

PAGE = "docs/commands.md"
CLICK_USAGE = 2
"""What click ends with where it does not understand a command line."""
_OPTION = re.compile(r"--[a-z][a-z-]*")
_ARGUMENT = re.compile(r"\b[A-Z]{2,}\b")
_TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
_VARIABLE = re.compile(r"\b([A-Z]{2,})=")


@dataclass(frozen=True)
class Form:
    """How a command is called. ``arguments`` counts those without a name."""

    options: frozenset[str]
    arguments: int


def read_forms(commands: Mapping[str, click.Command], group: str = "") -> Iterator[tuple[str, Form]]:
    for name, command in commands.items():
        if isinstance(command, click.Group):
            yield from read_forms(command.commands, f"{group}{name} ")
        if not isinstance(command, click.Group) or command.invoke_without_command:
            options = {o for p in command.params if isinstance(p, click.Option) for o in p.opts}
            yield (
                f"{group}{name}",
                Form(frozenset(options), sum(isinstance(p, click.Argument) for p in command.params)),
            )


def parse_form(span: str) -> tuple[str, Form]:
    """``vault open KEY --reason WHY`` as its name, its options, and the arguments that belong to no option."""
    words = span.replace("[", " ").replace("]", " ").replace("...", " ").split()
    name = " ".join(word for word in words[: _first_argument(words)])
    options = frozenset(_OPTION.findall(span))
    of_options = len(re.findall(r"--[a-z-]+ [A-Z]{2,}\b", span))
    return name, Form(options, len(_ARGUMENT.findall(span)) - of_options)


def _first_argument(words: list[str]) -> int:
    return next((i for i, word in enumerate(words) if word.startswith("--") or word.isupper()), len(words))


def compare_commands(spans: list[str], in_code: Mapping[str, Form]) -> list[str]:
    on_page = dict(map(parse_form, spans))
    wrong = [f"{name} is no command" for name in sorted(on_page.keys() - in_code.keys())]
    wrong += [f"{name} is not on the page" for name in sorted(in_code.keys() - on_page.keys())]
    for name in sorted(on_page.keys() & in_code.keys()):
        if on_page[name] != in_code[name]:
            wrong.append(f"{name} takes {sorted(in_code[name].options)} and {in_code[name].arguments} arguments")
    return wrong


def compare_targets(rows: list[list[str]], makefile: str) -> list[str]:
    phony = re.search(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)
    targets = set(_TARGET.findall(makefile)) & set(phony.group(1).split() if phony else ())
    on_page = {row[0].strip("`").removeprefix("make ") for row in rows}
    wrong = [f"make {name} does not exist" for name in sorted(on_page - targets)]
    wrong += [f"make {name} is not on the page" for name in sorted(targets - on_page)]
    read = set(re.findall(r"\$\(([A-Z]+)\)|\$\(if \$\(([A-Z]+)", makefile))
    variables = {name for pair in read for name in pair if name}
    variables |= {
        name for line in re.findall(r"^DEPLOYED :=((?:.*\\\n)*.*)$", makefile, re.MULTILINE) for name in line.split()
    }
    named = {name for row in rows for span in find_code_spans(row[1]) for name in _VARIABLE.findall(span)}
    return wrong + [f"{name}= is not read" for name in sorted(named - variables)]


def collect_codes() -> set[int]:
    """0, click's own, those of the errors, and those that a command reports at its end."""
    classes = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.TrulyError)]
    return {0, CLICK_USAGE} | {c.exit_code for c in classes} | {int(code) for code in ExitCode}


def compare_codes(rows: list[list[str]], codes: set[int]) -> list[str]:
    on_page = {int(row[0]) for row in rows}
    wrong = [f"{code} is never given" for code in sorted(on_page - codes)]
    return wrong + [f"{code} is not on the page" for code in sorted(codes - on_page)]


def find_unknown_calls(text: str, in_code: Mapping[str, Form], targets: set[str]) -> list[str]:
    """Commands that any page tells the reader to run."""
    wrong = []
    for line in [*find_code_spans(text), *find_fenced_lines(text)]:
        for name in re.findall(r"(?:^|[\s(])make ([a-z][a-z-]*)", line):
            wrong += [] if name in targets else [f"make {name} does not exist"]
        for call in re.findall(r"flask --app server\.main ([a-z][^|>;]*)", line):
            words = call.split()
            if not any(" ".join(words[:length]) in in_code for length in (1, 2)):
                wrong.append(f"{words[0]} is no command")
    return wrong


@pytest.fixture(scope="module")
def in_code() -> dict[str, Form]:
    """The operator's commands of the app, without Flask's own."""
    flask_own = {"run", "shell", "routes"}
    commands = create_app({}).cli.commands
    return dict(read_forms({name: c for name, c in commands.items() if name not in flask_own}))


@pytest.fixture(scope="module")
def makefile() -> str:
    return (ROOT / "Makefile").read_text()


def read_command_spans() -> list[str]:
    rows = read_rows(read_section(read_page(PAGE), "flask --app server.main"), "command")
    return [row[0].strip("`") for row in rows]


def read_target_rows() -> list[list[str]]:
    return read_rows(read_section(read_page(PAGE), "make"), "command")


def test_the_page_lists_the_commands(in_code):
    assert len(in_code) > 15
    assert compare_commands(read_command_spans(), in_code) == []


@pytest.mark.parametrize(
    ("name", "written", "problem"),
    [
        ("refused", "rejected", "rejected is no command"),
        ("refused", "rejected", "refused is not on the page"),
        ("replay", "replay [ADDRESS ...] [--code CODE]", "replay takes ['--cause'] and 1 arguments"),
        ("replay", "replay [--cause CODE]", "replay takes ['--cause'] and 1 arguments"),
        ("erase", "erase KEY", "erase takes ['--yes'] and 1 arguments"),
        ("vault ledger", "vault list", "vault list is no command"),
    ],
)
def test_a_wrong_command_is_caught(in_code, name, written, problem):
    spans = [written if parse_form(span)[0] == name else span for span in read_command_spans()]
    assert problem in compare_commands(spans, in_code)


def test_the_page_lists_the_targets(makefile):
    assert compare_targets(read_target_rows(), makefile) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("`make fuzz`", "`make fuzzy`", "make fuzzy does not exist"),
        ("`make fuzz`", "`make fuzzy`", "make fuzz is not on the page"),
        ("SECONDS=60", "TIME=60", "TIME= is not read"),
    ],
)
def test_a_wrong_target_is_caught(makefile, old, new, problem):
    rows = [[cell.replace(old, new) for cell in row] for row in read_target_rows()]
    assert problem in compare_targets(rows, makefile)


def test_the_page_lists_the_exit_codes():
    assert compare_codes(read_rows(read_page(PAGE), "code"), collect_codes()) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"), [("11", "12", "12 is never given"), ("11", "12", "11 is not on the page")]
)
def test_a_wrong_exit_code_is_caught(old, new, problem):
    rows = [[new if row[0] == old else row[0], row[1]] for row in read_rows(read_page(PAGE), "code")]
    assert problem in compare_codes(rows, collect_codes())


@pytest.mark.parametrize("page", list_pages_of_today())
def test_what_a_page_tells_to_run_is_there(page, in_code, makefile):
    targets = set(_TARGET.findall(makefile))
    assert find_unknown_calls(read_page(page), in_code, targets) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Call `make demos` first.", "make demos does not exist"),
        ("```sh\nmake tests\n```", "make tests does not exist"),
        ("Then `flask --app server.main synch`.", "synch is no command"),
        ("```sh\n.venv/bin/flask --app server.main vaults open KEY\n```", "vaults is no command"),
    ],
)
def test_a_call_of_nothing_is_caught(in_code, makefile, text, problem):
    assert find_unknown_calls(text, in_code, set(_TARGET.findall(makefile))) == [problem]
