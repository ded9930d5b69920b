"""How a command runs: errors become one sentence and an exit code."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, Protocol

import click
from rich.console import Console

from server.bootstrap import Services
from server.domain.errors import InvariantError, TrulyError, UserError
from server.settings import Settings

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class Source(Protocol):
    def settings(self) -> Settings: ...

    def get(self) -> Services: ...


def reported(command: Callable[..., Any]) -> Callable[..., Any]:
    """A failure of ours is a sentence for the person at the keyboard, never a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except UserError as error:
            for line in str(error).splitlines():
                click.echo(f"Error: {line}", err=True)
            sys.exit(error.exit_code)
        except TrulyError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(error.exit_code)
        except (click.ClickException, click.Abort):
            raise
        except Exception as error:  # noqa: BLE001  # a trace could quote mail; the class says where to look
            click.echo(f"Error: a bug of ours ({type(error).__name__}). Please report it with the command.", err=True)
            sys.exit(InvariantError.exit_code)

    return run
