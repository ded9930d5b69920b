"""A registry of checks: one decorated function in a module of its subject adds a check to the doctor.

A check takes its subject's context and yields findings. Checks run in the order in which they were registered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from server.domain.errors import TrulyError

Context = TypeVar("Context")


@dataclass(frozen=True)
class Finding:
    """``what`` is the title of a check; ``text`` says what the check saw, and what to do where it is not good.

    A note is good, and yet something is not used, or stays empty: a person should know and may leave it so.
    """

    what: str
    is_good: bool
    text: str
    is_note: bool = False


Subject = Callable[[], Iterator[Finding]]
"""All checks of one subject, with their context."""


class Checks(Generic[Context]):
    """The checks of one subject."""

    def __init__(self) -> None:
        self._checks: dict[str, Callable[[Context], Iterable[Finding]]] = {}

    def register(
        self, title: str
    ) -> Callable[[Callable[[Context], Iterable[Finding]]], Callable[[Context], Iterable[Finding]]]:
        """Decorate a check. Its title is shown where the check itself fails. Raises ValueError for a title in use."""
        if title in self._checks:
            raise ValueError(f"A check with the title {title} is registered already.")

        def add(check: Callable[[Context], Iterable[Finding]]) -> Callable[[Context], Iterable[Finding]]:
            self._checks[title] = check
            return check

        return add

    def bind(self, context: Context) -> Subject:
        return partial(self._run, context)

    def _run(self, context: Context) -> Iterator[Finding]:
        for title, check in self._checks.items():
            try:
                yield from check(context)
            except TrulyError as error:
                yield Finding(title, is_good=False, text=str(error))
            except Exception as error:  # noqa: BLE001  # one broken check must not hide the findings of the others
                yield Finding(
                    title,
                    is_good=False,
                    text=f"This check failed with a bug ({type(error).__name__}). Please report it.",
                )


@dataclass(frozen=True)
class Doctor:
    """Asks each outside service a few small questions. ``probe`` writes to Salesforce, and runs only on request."""

    subjects: Sequence[Subject]
    probe: Subject = lambda: iter(())

    def examine(self) -> Iterator[Finding]:
        """Run all checks in order. A check that raises is one finding, and the other checks still run."""
        for subject in self.subjects:
            yield from subject()
