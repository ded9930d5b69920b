"""What some suites need besides Python."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from simulator.demo import emulator
from tests.support import apex, foreign_backup, nginx, node


@dataclass(frozen=True)
class Need:
    """``mark`` is the pytest marker of the tests that need it; ``how`` says how to get it.

    ``is_package``: a package manager has it. What is none may be missing, and is told, even where nothing else may.
    """

    mark: str
    name: str
    how: str
    is_here: Callable[[], bool]
    is_package: bool = True


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
"""Debian's: Playwright's own download is not asked for."""

ALL = (
    Need(
        "firestore",
        "Firestore emulator",
        "gcloud components install cloud-firestore-emulator (and Java 21)",
        emulator.is_here,
    ),
    Need("gcloud", "gcloud", "cloud.google.com/sdk, with its own Python", lambda: shutil.which("gcloud") is not None),
    Need("chromium", "Chromium", "apt install chromium", lambda: CHROMIUM is not None),
    Need("nginx", "nginx", "apt install nginx-light", lambda: nginx.NGINX is not None),
    Need("apex", "Node 20 and npm", "apt install nodejs npm (Debian 13 or newer), or nodejs.org", apex.is_here),
    Need("node", "Node and npm", "apt install nodejs npm", node.is_here),
    Need("lieer", "Lieer", "apt install lieer notmuch", lambda: bool(shutil.which("gmi") and shutil.which("notmuch"))),
    Need(
        "gyb",
        "Got-Your-Back",
        foreign_backup.HOW,
        lambda: foreign_backup.find_script() is not None,
        is_package=False,
    ),
)
