"""Other libraries that strip replies, where they are installed. None is needed by the service or by a test.

``pip install email-reply-parser==0.5.12 mail-parser-reply==1.36 quotequail==0.5.4 talon==1.4.4``
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

StripText = Callable[[str], str]


def list_others() -> dict[str, StripText]:
    """The strippers that are installed, by the name of their package."""
    makers: dict[str, tuple[str, Callable[[Any], StripText]]] = {
        "email-reply-parser": ("email_reply_parser", _wrap_email_reply_parser),
        "mail-parser-reply": ("mailparser_reply", _wrap_mail_parser_reply),
        "quotequail": ("quotequail", _wrap_quotequail),
        "talon": ("talon.quotations", _wrap_talon),
    }
    strippers = {}
    for package, (module, wrap) in makers.items():
        try:
            strippers[package] = wrap(importlib.import_module(module))
        except ImportError:
            continue
    return strippers


def _wrap_email_reply_parser(module: Any) -> StripText:
    return lambda text: str(module.EmailReplyParser.parse_reply(text))


def _wrap_mail_parser_reply(module: Any) -> StripText:
    languages = [
        name for name in importlib.import_module("mailparser_reply.constants").MAIL_LANGUAGES if len(name) == 2
    ]
    parser = module.EmailReplyParser(languages=languages)
    return lambda text: str(parser.parse_reply(text=text) or "")


def _wrap_quotequail(module: Any) -> StripText:
    def strip_quotes(text: str) -> str:
        return "\n".join(part for is_shown, part in module.quote(text, limit=100_000) if is_shown)

    return strip_quotes


def _wrap_talon(module: Any) -> StripText:
    return lambda text: str(module.extract_from_plain(text))
