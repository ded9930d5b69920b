"""A clone as it lies on an operator's machine, and what gcloud would upload of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
GCLOUD = shutil.which("gcloud")


def ask_gcloud(folder: Path, config: Path) -> list[str]:
    """gcloud's own list. ``config`` is an empty folder: the person's own settings stay out of it."""
    assert GCLOUD
    answer = subprocess.run(
        [GCLOUD, "meta", "list-files-for-upload", str(folder)],
        env={**os.environ, "CLOUDSDK_CONFIG": str(config), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(answer.stdout.split("\n")[:-1])


def copy_clone(target: Path) -> Path:
    """The files of this repository as they are in the work tree, without those that git ignores."""
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    for name in filter(None, names):
        source = ROOT / name
        if source.is_file() and not source.is_symlink():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    return target
