"""Keys, accounts and settings for a run, and an empty state in which every change of a row is written down."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from server.bootstrap import build, create_keys
from server.settings import Settings
from simulator.demo.stage import CONSUMER, SYNC_ACCOUNT, google_account
from simulator.universe import Universe
from tests.soak import journal, pushes
from tests.soak.town import ADMIN

POLL = 7_200
"""Seconds of mail time."""
TOKENS = 6 * 3_600
"""Seconds for which a token of Google's holds: with the usual hour half of all calls would be for tokens."""
USERNAME = f"sync@{ADMIN.partition('@')[2]}"


def prepare(folder: Path, universe: Universe, url: str, workers: int) -> tuple[Path, list[dict[str, str]]]:
    """The state file, and an environment for each worker."""
    universe.identity.lifetime = TOKENS
    key = rsa.generate_private_key(65537, 2048)
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, pkcs8, plain).decode()
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    public = key.public_key().public_bytes(serialization.Encoding.PEM, spki).decode()
    universe.identity.register(SYNC_ACCOUNT, public)
    universe.org.register({"consumer_key": CONSUMER, "public_key": public, "username": USERNAME})
    (folder / "account.json").write_text(google_account(private))
    (folder / "salesforce.pem").write_text(private)
    create_keys(folder / "keys")
    state = folder / "state.sqlite3"
    envs = [_environment(folder, state, f"{url}/w{number}") for number in range(workers)]
    build(Settings.of(envs[0])).close()
    journal.watch(state)
    return state, envs


def _environment(folder: Path, state: Path, url: str) -> dict[str, str]:
    return {
        "ENVIRONMENT": "simulator",
        "SIMULATOR_URL": url,
        "ORGANISATION": "faults",
        "STATE": f"sqlite:{state}",
        "KEYS": str(folder / "keys"),
        "GOOGLE_ADMIN": ADMIN,
        "GOOGLE_SERVICE_ACCOUNT_FILE": str(folder / "account.json"),
        "SALESFORCE_DOMAIN": "acme.my",
        "SALESFORCE_CONSUMER_KEY": CONSUMER,
        "SALESFORCE_USERNAME": USERNAME,
        "SALESFORCE_PRIVATE_KEY_FILE": str(folder / "salesforce.pem"),
        "NEW_MAILBOX_STAGE": "live",
        "BACKFILL_MONTHS": "1",
        "POLL_SECONDS": str(POLL),
        **pushes.settings(),
    }
