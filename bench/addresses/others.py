"""Runs in an environment that has flanker and email-validator: reads texts as JSON, writes answers as JSON."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from typing import Any


def _parse_with_flanker(text: str) -> list[str]:
    from flanker.addresslib import address  # type: ignore[import-not-found]  # noqa: PLC0415

    return [parsed.full_spec() for parsed in address.parse_list(text, as_tuple=False)]


def _parse_with_email_validator(text: str) -> list[str]:
    from email_validator import EmailNotValidError, validate_email  # type: ignore[import-not-found]  # noqa: PLC0415

    try:
        validated: Any = validate_email(
            text, check_deliverability=False, allow_quoted_local=True, allow_domain_literal=True, test_environment=True
        )
    except EmailNotValidError:
        return []
    return [str(validated.normalized)]


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable()
    parse = {"flanker": _parse_with_flanker, "email-validator": _parse_with_email_validator}[sys.argv[1]]
    answers: list[list[str] | None] = []
    for text in json.load(sys.stdin):
        try:
            answers.append(parse(text))
        except Exception:  # noqa: BLE001  # that it raises is what we measure
            answers.append(None)
    sys.stdout.write("\n" + json.dumps(answers) + "\n")


if __name__ == "__main__":
    main()
