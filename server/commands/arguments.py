"""Types of arguments that more than one command takes."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import datetime
from typing import Any

import click


class FiniteRange(click.FloatRange):
    """A number between two bounds. ``nan`` is within any bounds for Python, and ``inf`` where one is open."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            raise click.BadParameter(f"{value} is not a number to count with.", ctx, param)
        return number


class Day(click.ParamType[datetime]):
    """A day as a datetime without a time zone. ``forms`` are what strptime reads."""

    name = "day"

    def __init__(self, *forms: str) -> None:
        self._forms = forms

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        for form in self._forms:
            with suppress(ValueError):
                return datetime.strptime(value, form)  # noqa: DTZ007  # the commands count in UTC
        raise click.BadParameter(f"{value} is not a day such as 2026-09-05.", ctx, param)
