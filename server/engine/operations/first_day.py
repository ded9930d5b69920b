"""What the first day of a set-up shows of the real Google and the real org: a file that names nobody.

An admin sends it with a bug report, so it holds counts, codes, the vendors' own words and the names of settings alone.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from server.domain.errors import InvariantError, TrulyError
from server.engine.operations.doctor.google import list_some_mailboxes
from server.engine.operations.doctor.registry import Doctor
from server.ports.directory import Directory
from server.ports.scope import Scope
from server.ports.store import Store
from server.ports.survey import Answer, Sample, Survey

FORMAT = 1
MAILBOXES = 2
LIBRARIES = ("google-api-python-client", "google-auth", "simple-salesforce", "cryptography", "flask")
CONTENTS = (
    "counts, Google's and Salesforce's codes, the spelling of well-known header names, versions, which checks of doctor"
    " are good, and which settings are set. No address, name, subject, text, domain, id or token"
)


@dataclass(frozen=True)
class FirstDay:
    """Reads only: in the state it leaves what each call of ours leaves there (who answered, units, alarms).

    It asks a bounded number of questions: some 16 a mailbox, of two mailboxes, and some 16 besides.
    """

    surveys: Sequence[Survey]
    doctor: Doctor
    store: Store
    directory: Directory
    scope: Scope
    scope_groups: frozenset[str]

    def answers(self) -> Iterator[Answer]:
        sample = self._choose_sample()
        for survey in self.surveys:
            yield from survey.answers(sample)

    def make_bundle(self, answers: Sequence[Answer], settings: Any, defaults: Any) -> dict[str, Any]:
        """``settings`` and ``defaults`` are of one dataclass; of each field only whether they differ is kept.

        Raises InvariantError where an address would be in the bundle.
        """
        bundle = {
            "format": FORMAT,
            "contents": CONTENTS,
            "versions": {"python": platform.python_version(), **dict(_list_versions())},
            "settings": dict(_list_settings(settings, defaults)),
            "doctor": [
                {"check": f.what, "is_good": f.is_good, "is_note": f.is_note} for f in self.doctor.examine()
            ],
            "answers": [
                {"question": a.question, "status": a.status, "reason": a.reason, **a.values} for a in answers
            ],
        }  # fmt: skip
        if "@" in repr(bundle):
            raise InvariantError("The bundle would hold an address, so it is not written.")
        return bundle

    def _choose_sample(self) -> Sample:
        """What cannot be known now is left out: the answers of the surveys then say why."""
        try:
            mailboxes = list_some_mailboxes(self.store, self.directory, self.scope)[:MAILBOXES]
        except TrulyError:
            mailboxes = []
        try:
            groups = sorted(self.scope_groups) or sorted(self.directory.groups())
        except TrulyError:
            groups = []
        return Sample(mailboxes, next(iter(groups), None))


def _list_versions() -> Iterator[tuple[str, str]]:
    for library in LIBRARIES:
        try:
            yield library, version(library)
        except PackageNotFoundError:
            yield library, "missing"


def _list_settings(settings: Any, defaults: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    for field in fields(settings):
        value, default = getattr(settings, field.name), getattr(defaults, field.name)
        if is_dataclass(value):
            yield from _list_settings(value, default, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", "default" if value == default else "set"
