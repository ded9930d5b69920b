"""A client that is not ours, and the simulator behind the hosts that it calls."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.demo import ROOT

PATIENCE = 60.0
"""Seconds for the simulator to start, and for one run of the client."""
CLIENT = {"client_id": "1-lieer.apps.googleusercontent.com", "client_secret": "GOCSPX-simulated"}
SCOPES = [f"https://www.googleapis.com/auth/gmail.{name}" for name in ("readonly", "labels", "modify")]
NOT_OURS = {"attachment", "signed", "encrypted", "new"}
"""Tags that notmuch gives by itself."""
NAMES = {"UNREAD": "unread", "STARRED": "flagged"}
"""Labels whose tag is more than the same word in small letters."""


@dataclass(frozen=True)
class World:
    """``proxy`` and ``ca`` are what a client is told; ``url`` is the simulator's own, for the test alone."""

    folder: Path
    url: str
    proxy: str
    ca: Path

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/_simulator/{path}", timeout=PATIENCE) as answer:
            return json.load(answer)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        request = urllib.request.Request(f"{self.url}/_simulator/{path}", json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def mail(self, mailbox: str, op: str, **more: Any) -> Any:
        return self.post("mail", {"mailbox": mailbox, "op": op, **more})

    def deliver(self, mailbox: str, raw: bytes, *labels: str) -> str:
        """Returns the Gmail message id."""
        body = {"raw": base64.b64encode(raw).decode(), "labels": labels or ["INBOX", "UNREAD"]}
        return str(self.mail(mailbox, "deliver", **body)["id"])

    def listed(self, mailbox: str) -> dict[str, dict[str, Any]]:
        """The simulator's own list: by Gmail message id."""
        return {m["gmail_message_id"]: m for m in self.get("world")["mailboxes"][mailbox]}

    def counts(self) -> dict[str, int]:
        """Gmail's calls since the last time, by method."""
        counts = self.get("calls/summary")["gmail"]
        self.post("calls/clear", {})
        return {name: number for name, number in counts.items() if name != "units"}


@contextmanager
def running(world: Path, folder: Path) -> Iterator[World]:
    """The simulator and its proxy, as the command starts them."""
    port_file, ca = folder / "port", folder / "ca.pem"
    command = [sys.executable, "-m", "simulator", "--world", str(world), "--port-file", str(port_file)]
    command += ["--tls-proxy", "0", "--ca", str(ca)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            proxy = process.stdout.readline().strip().removeprefix("HTTPS_PROXY=")
            ends = time.monotonic() + PATIENCE
            while not port_file.exists() and process.poll() is None and time.monotonic() < ends:
                time.sleep(0.02)
            yield World(folder, f"http://127.0.0.1:{port_file.read_text()}", proxy, ca)
        finally:
            process.terminate()


class Lieer:
    """Debian's lieer with one person's mailbox: a Maildir, and a notmuch database of its tags."""

    def __init__(self, world: World, mailbox: str) -> None:
        self._world = world
        self._home = world.folder / mailbox.partition("@")[0]
        self.folder = self._home / "mail" / "gmail"
        self.folder.mkdir(parents=True)
        config = self._home / ".notmuch-config"
        config.write_text(f"[database]\npath={self._home / 'mail'}\n[user]\nprimary_email={mailbox}\n[new]\ntags=new\n")
        self.consent = world.post("consents", {**CLIENT, "email": mailbox, "scopes": SCOPES})["refresh_token"]
        self._run("notmuch", "new")
        self._run("gmi", "init", "--no-auth", "--path", str(self.folder), mailbox)
        (self.folder / ".credentials.gmailieer.json").write_text(json.dumps(_credentials(self.consent)))

    def pull(self) -> str:
        """What it says."""
        done = self.tried("pull")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tried(self, action: str) -> subprocess.CompletedProcess[str]:
        return self._run("gmi", action, "--path", str(self.folder), check=False)

    def messages(self) -> dict[str, bytes]:
        """By Gmail message id, which is the start of a file's name."""
        return {p.name.partition(":")[0]: p.read_bytes() for p in (self.folder / "mail" / "cur").iterdir()}

    def tags(self) -> dict[str, set[str]]:
        """By Gmail message id."""
        shown = self._run("notmuch", "show", "--format=json", "--body=false", "--entire-thread=false", "*").stdout
        return {
            Path(name).name.partition(":")[0]: set(message["tags"]) - NOT_OURS
            for message in _messages(json.loads(shown))
            for name in message["filename"]
        }

    def _run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """In an environment that names the proxy, the authority, and nothing else of this machine's network."""
        env = {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(self._home), "HTTPS_PROXY": self._world.proxy,
            "NOTMUCH_CONFIG": str(self._home / ".notmuch-config"), "HTTPLIB2_CA_CERTS": str(self._world.ca),
        }  # fmt: skip
        return subprocess.run(
            command, cwd=self._home, env=env, check=check, capture_output=True, text=True, timeout=PATIENCE
        )


def tags_of(label_ids: list[str], names: Mapping[str, str]) -> set[str]:
    """What the client's manual says becomes of labels; ``names`` are those of the person's own."""
    return {
        names.get(label) or NAMES.get(label) or label.lower()
        for label in label_ids
        if not label.startswith("CATEGORY_")
    }


def _messages(found: Any) -> Iterator[dict[str, Any]]:
    """notmuch's threads are lists of lists; what does not match is null."""
    if isinstance(found, dict):
        yield found
    elif found:
        for item in found:
            yield from _messages(item)


def _credentials(refresh_token: str) -> dict[str, Any]:
    """The file that the client keeps after its page of consent, before the first access token."""
    empty = (
        "access_token",
        "token_expiry",
        "revoke_uri",
        "id_token",
        "id_token_jwt",
        "token_response",
        "token_info_uri",
    )
    return {
        **dict.fromkeys(empty),
        **CLIENT,
        "refresh_token": refresh_token,
        "token_uri": "https://oauth2.googleapis.com/token",
        "user_agent": "Lieer",
        "scopes": SCOPES,
        "invalid": False,
        "_class": "OAuth2Credentials",
        "_module": "oauth2client.client",
    }
