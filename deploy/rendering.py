"""The folder that is deployed: the files that travel, the locked packages, and the files of App Engine filled in."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from string import Template

from deploy.gcloud import DeployError
from deploy.upload import IGNORE_FILE, copy_uploads

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path("build/deploy")
SERVICE = BUILD / "service"
FILES = {"default": "app.yaml", "worker": "worker.yaml"}


def render(template: str, values: Mapping[str, str | int], environment: Mapping[str, str]) -> str:
    """A service's file with its values filled in, and the settings added to ``env_variables``, its last section.

    Each value is quoted as JSON, which YAML reads too: nothing that an operator writes becomes syntax.
    """
    text = Template(template).substitute({name: json.dumps(value) for name, value in values.items()})
    head, section, own = text.partition("env_variables:\n")
    if not section or not all(line.startswith("  ") for line in own.splitlines()):
        raise DeployError("A service's file must end with the section env_variables.")
    kept = [line for line in own.splitlines() if line.strip().partition(":")[0] not in environment]
    added = [f"  {name}: {json.dumps(value)}" for name, value in sorted(environment.items())]
    return "\n".join([head + section.rstrip(), *kept, *added]) + "\n"


def build_service(root: Path, target: Path, files: Mapping[str, str]) -> str:
    """Fills the folder that is deployed. Returns a version name that says what is in it.

    ``requirements.txt`` there is the lock, so that pip checks the hash of every package. ``files`` are the rendered
    files of App Engine by name; they stand beside the code and do not travel with it.
    """
    names = copy_uploads(root, target)
    shutil.copyfile(root / "requirements.lock", target / "requirements.txt")
    shutil.copyfile(root / IGNORE_FILE, target / IGNORE_FILE)
    digest = hashlib.sha256()
    for name in sorted(names):
        content = (target / name).read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    for name, text in sorted(files.items()):
        (target / name).write_text(text, encoding="utf-8")
        digest.update(text.encode())
    return f"v{digest.hexdigest()[:16]}"
