"""A regular expression that is compiled at its first use.

The lists of words in all languages take half a second to compile, and most processes read no body: the web process, and
every command.
"""

from __future__ import annotations

import re
from functools import cached_property


class LatePattern:
    """The methods of ``re.Pattern`` that the rules of a body use. Raises ``re.error`` at the first use, not before."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = pattern
        self.flags = flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, self.flags)

    def search(self, text: str) -> re.Match[str] | None:
        return self.compiled.search(text)

    def match(self, text: str) -> re.Match[str] | None:
        return self.compiled.match(text)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        return self.compiled.fullmatch(text)

    def split(self, text: str) -> list[str]:
        return [part or "" for part in self.compiled.split(text)]
