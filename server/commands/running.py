"""How a command runs: an error becomes one sentence and an exit code."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

import click
from rich.console import Console

from server.bootstrap import Services
from server.domain.errors import InvariantError, TrulyError, UserError
from server.settings import Settings

stdout = Console(highlight=False)
stderr = Console(stderr=True, highlight=False)


class ExitCode(IntEnum):
    """What a command that ran to its end has to report. An error has the exit code of its class."""

    NOT_AT_REST = 8
    """A sync left something that waits for another try."""
    INCOMPLETE = 9
    """A message has no row."""
    ACCESS_LEDGER_ALTERED = 10
    UNWELL = 11
    """The doctor found something to fix."""


class Source(Protocol):
    def settings(self) -> Settings: ...

    def get(self) -> Services: ...


def report_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn an error into a sentence for the person at the keyboard, never a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except UserError as error:
            # Settings report all their problems together, one in a line.
            for line in str(error).splitlines():
                click.echo(f"Error: {line}", err=True)
            sys.exit(error.exit_code)
        except TrulyError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(error.exit_code)
        except (click.ClickException, click.Abort):
            raise
        except Exception as error:  # noqa: BLE001  # a traceback could quote mail; the class says where to look
            text = f"Error: this is a bug ({type(error).__name__}). Please report it together with the command."
            click.echo(text, err=True)
            sys.exit(InvariantError.exit_code)

    return run
