"""``python -m deploy [--plan] [--yes] [--settings FILE] [NAME=value ...]``; ``make deploy`` calls it."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.choices import LINE, Choices, read_file
from deploy.gcloud import ChoiceError, DeployError
from deploy.plan import deploy

SETTINGS = Path("deploy/settings.env")
NO_FILE = f"There is no {SETTINGS}. Run: cp {SETTINGS}.example {SETTINGS}, and fill it in."
SMALL_NAME = re.compile(r"([a-z][a-z_]{0,39})=")
WRONG_SETTING = 3
"""The exit code of the service's commands for the same (docs/commands.md)."""
AFTERWARDS = 'Done. What is left for a person to click: docs/deploy.md, "What a person must do".'


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy")
    parser.add_argument("--plan", action="store_true", help="show the plan of an empty project, and ask nobody")
    parser.add_argument("--yes", action="store_true", help="do not ask before the steps")
    parser.add_argument("--settings", type=Path, default=SETTINGS)
    parser.add_argument("choices", nargs="*", metavar="NAME=value")
    options = parser.parse_args(arguments)
    try:
        choices = _choose(options.settings, options.choices)
        is_done = deploy(
            choices, only_plan=options.plan, confirm=lambda: options.yes or _ask_person(choices.project), say=_say
        )
    except DeployError as error:
        sys.stderr.write("".join(f"Error: {line}\n" for line in str(error).splitlines()))
        return WRONG_SETTING if isinstance(error, ChoiceError) else 1
    if is_done:
        _say(AFTERWARDS)
    return 0


def _choose(file: Path, given: Sequence[str]) -> Choices:
    """Raises ChoiceError with all problems; the first is that there is no file, where that is so."""
    choices = read_choices(file, given)
    try:
        return Choices.of(choices)
    except ChoiceError as error:
        raise ChoiceError(str(error) if file.is_file() else f"{NO_FILE}\n{error}") from None


def read_choices(file: Path, given: Sequence[str]) -> dict[str, str]:
    """What stands on the command line wins over the file. Raises ChoiceError."""
    if not file.is_file() and file != SETTINGS:
        raise ChoiceError(f"There is no file {file}.")
    choices = read_file(file) if file.is_file() else {}
    for number, text in enumerate(given, 1):
        if not (match := LINE.fullmatch(text)):
            # The value is not repeated, nor what may be one: it may be a secret.
            if name := SMALL_NAME.match(text):
                raise ChoiceError(f"{name.group(1)} is no setting: names are written in capital letters.")
            raise ChoiceError(f"Argument {number} is not of the form NAME=value.")
        choices[match.group(1)] = match.group(2)
    return choices


def _ask_person(project: str) -> bool:
    _say(f"This changes the project {project}. Go on? [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
