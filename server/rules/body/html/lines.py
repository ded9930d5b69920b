"""Words as lines of text, with "> " before those of a quote."""

from __future__ import annotations

import re
from collections.abc import Callable

DEEPEST_QUOTE = 20
RULE = "_" * 32
_SPACE = re.compile(r"[ \t\r\n\f]+")


class LineWriter:
    """Writes words as lines. ``gap`` is the white space that is due before the next word of a line."""

    def __init__(self) -> None:
        self.size = 0
        self.quote_depth = 0
        self.is_line_begun = False
        self.gap = ""
        self._is_mark = False
        self._is_blank = True
        self._is_struck = False
        self._pieces: list[str] = []

    def text(self) -> str:
        self.end_strike()
        return "".join(self._pieces).strip("\n")

    def write_words(self, text: str, *, is_struck: bool = False) -> None:
        if self._is_struck and not is_struck:
            self.end_strike()
        if not self.is_line_begun and self.quote_depth:
            self._append("> " * min(self.quote_depth, DEEPEST_QUOTE))
        if is_struck and not self._is_struck:
            text = f"~~{text}"
            self._is_struck = True
        self._append(self.gap + text if self.is_line_begun else text)
        self.is_line_begun, self.gap, self._is_mark = True, "", False

    def write_folded(self, text: str, *, is_struck: bool) -> None:
        """Any white space is one space, at the beginning of a line none."""
        folded = _SPACE.sub(" ", text)
        words = folded.strip(" ")
        if folded[:1] == " ":
            self.write_space()
        if words:
            self.write_words(words, is_struck=is_struck)
            self.gap = " " if folded[-1] == " " else ""

    def write_lines(self, text: str, *, is_struck: bool) -> None:
        """White space and line ends stay as they are."""
        for at, line in enumerate(text.split("\n")):
            if at:
                self.break_line()
            if line:
                self.write_words(line, is_struck=is_struck)

    def write_mark(self, mark: str) -> None:
        """The mark of an item, which stays on one line with the first block of the item."""
        self.write_words(mark)
        self._is_mark = True

    def end_item(self) -> None:
        self._is_mark = False
        self.end_line()

    def write_space(self) -> None:
        # The mark of an item ends with a space of its own.
        if not self._is_mark:
            self.gap = self.gap or (" " if self.is_line_begun else "")

    def write_rule(self) -> None:
        """A line of its own that parts what the author wrote from what the author answers."""
        self.end_line()
        self.write_words(RULE)
        self.end_line()

    def end_strike(self) -> None:
        if self._is_struck:
            self._append("~~")
            self._is_struck = False

    def break_line(self) -> None:
        self.end_strike()
        if not self.is_line_begun and self.quote_depth:
            self._append(("> " * min(self.quote_depth, DEEPEST_QUOTE)).rstrip())
        self._append("\n")
        self._is_blank = not self.is_line_begun
        self.is_line_begun, self.gap, self._is_mark = False, "", False

    def end_line(self) -> None:
        if self._is_mark:
            return
        if self.is_line_begun:
            self.break_line()
        self.gap = ""

    def leave_blank_line(self) -> None:
        self.end_line()
        if not self._is_blank:
            self.break_line()

    def part_quote(self) -> None:
        """A blank line before a quote, unless a line that ends with a colon says whose words follow."""
        self.end_line()
        if not "".join(self._pieces[-3:]).rstrip().endswith((":", "\uff1a")):
            self.leave_blank_line()

    def begin_piece(self) -> tuple[int, str]:
        """The place of what is written next, and the character before it, "" at the beginning of a line."""
        last = self.gap or (self._pieces[-1][-1:] if self.is_line_begun and self._pieces else "")
        return len(self._pieces), last

    def change_piece(self, place: int, change: Callable[[str], str]) -> None:
        """Changes what was written since then, if no line ended in it."""
        text = "".join(self._pieces[place:])
        if text and "\n" not in text and not text.startswith("> "):
            self._pieces[place:] = [change(text)]

    def _append(self, text: str) -> None:
        self._pieces.append(text)
        self.size += len(text)
