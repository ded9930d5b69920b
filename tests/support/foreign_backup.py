"""Got-Your-Back with one person's mailbox, as its authors publish it: a script and the libraries beside it.

It is no package, so the variable ``GYB`` names the folder that holds ``gyb.py``.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from simulator.demo.stage import google_account
from tests.support.foreign import PATIENCE, World
from tests.support.scene import PRIVATE_PEM, PUBLIC_PEM

HOW = (
    "git clone https://github.com/GAM-team/got-your-back $GYB, and "
    "pip install --target $GYB google-auth-oauthlib PySocks"
)


def find_script() -> Path | None:
    script = Path(os.environ.get("GYB", "")) / "gyb.py"
    return script if os.environ.get("GYB") and script.is_file() else None


class GotYourBack:
    """Signs in as a service account that may act for everybody, and asks nobody for a consent."""

    def __init__(self, world: World, mailbox: str) -> None:
        self._world = world
        self._mailbox = mailbox
        self._home = world.folder / f"gyb-{mailbox.partition('@')[0]}"
        self._home.mkdir()
        account = google_account(PRIVATE_PEM)
        email = json.loads(account)["client_email"]
        world.post("service-accounts", {"email": email, "public_key": PUBLIC_PEM})
        world.post("delegation", {"email": email, "scopes": ["https://mail.google.com/"]})
        (self._home / "oauth2service.json").write_text(account)
        # It trusts the file of this name in its working folder, and looks for a new version of itself once a week.
        shutil.copy(world.ca, self._home / "cacerts.pem")
        (self._home / "lastcheck.txt").write_text(str(int(time.time())))

    def back_up(self) -> str:
        """What it says."""
        script = find_script()
        assert script is not None
        command = [sys.executable, str(script), "--email", self._mailbox, "--action", "backup", "--service-account"]
        command += ["--spam-trash", "--config-folder", str(self._home), "--local-folder", str(self._home / "backup")]
        env = {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(self._home), "HTTPS_PROXY": self._world.proxy,
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        done = subprocess.run(
            command, cwd=self._home, env=env, check=False, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def messages(self) -> dict[str, bytes]:
        """By Gmail message id, which is the file's name."""
        return {path.stem: path.read_bytes() for path in (self._home / "backup").rglob("*.eml")}

    def labels(self) -> dict[str, set[str]]:
        """By Gmail message id, for those that have any."""
        labels: dict[str, set[str]] = {}
        with sqlite3.connect(self._home / "backup" / "msg-db.sqlite") as database:
            for uid, label in database.execute("SELECT uid, label FROM uids JOIN labels USING (message_num)"):
                labels.setdefault(uid, set()).add(label)
        return labels
