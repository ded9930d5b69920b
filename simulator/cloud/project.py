"""One simulated Google Cloud project, as a deployment leaves it: two keys, secrets, and accounts with least roles."""

from __future__ import annotations

import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from google.cloud import kms_v1 as kms

from simulator.cloud.admin import CloudAdmin
from simulator.cloud.iam import Iam, name_account
from simulator.cloud.kms import CloudKms
from simulator.cloud.secret_manager import SecretManager
from simulator.cloud.server import CloudServer
from simulator.cloud.task_queue import Rates
from simulator.cloud.tasks import CloudTasks
from simulator.universe import Universe

PROJECT = "acme-email"
LOCATION = "europe-west1"
LANES = ("live", "deliver", "backfill", "audit")
RATES: dict[str, Any] = {"concurrent": 32, "min_backoff": 1.0, "max_backoff": 300.0, "max_doublings": 8}
"""Of every queue, as a deployment sets them."""


class CloudProject:
    """Accounts are addresses. Nothing listens before ``server.start()``, and nothing is kept on disk."""

    def __init__(
        self, universe: Universe, name: str = PROJECT, port: int = 0, vault: rsa.RSAPrivateKey | None = None
    ) -> None:
        """``vault`` is the first version of that key, where a test has made one: it takes long to make."""
        self.name = name
        self.key_ring = f"projects/{name}/locations/{LOCATION}/keyRings/truly"
        self.queue_location = f"projects/{name}/locations/{LOCATION}"
        self.iam = Iam()
        self.kms = CloudKms()
        self.secrets = SecretManager()
        self.tasks = CloudTasks(universe)
        self.server = CloudServer(universe, self.iam, (self.kms, self.secrets, self.tasks), port)
        self.sidebar = self.account("sidebar")
        self.worker = self.account("worker")
        self.break_glass = self.account("break-glass")
        self.operator = self.account("operator")
        self.tasks_account = self.account("tasks")
        self._create_keys(vault)
        self._create_queues()
        resources = (self.key("vault"), self.key("work"), name_account(self.tasks_account, name))
        self.admin = CloudAdmin(universe, self.iam, name, self.tasks, resources)
        self._grant_looking()
        self.hash_keys = self.add_secret("hash-keys", f"1 {os.urandom(32).hex()}\n".encode())

    def account(self, name: str) -> str:
        return f"{name}@{self.name}.iam.gserviceaccount.com"

    def key(self, name: str) -> str:
        return f"{self.key_ring}/cryptoKeys/{name}"

    def add_secret(self, name: str, payload: bytes) -> str:
        """Add a version that all the services may read, and return its name."""
        secret = f"projects/{self.name}/secrets/{name}"
        for account in (self.sidebar, self.worker, self.break_glass, self.operator):
            self.iam.grant(account, "roles/secretmanager.secretAccessor", secret)
        return self.secrets.add_version(secret, payload)

    def settings(self, identity: str) -> dict[str, str]:
        """What a process is set to that calls as ``identity``. The server must have been started once."""
        return {
            "KEYS": f"kms:{self.key_ring}",
            "HASH_KEYS": f"secret:{self.hash_keys}",
            "SIMULATOR_GRPC": self.server.address,
            "SIMULATOR_IDENTITY": identity,
        }

    def as_json(self) -> dict[str, Any]:
        accounts = {
            "sidebar": self.sidebar,
            "worker": self.worker,
            "break_glass": self.break_glass,
            "operator": self.operator,
        }
        settings = {role: self.settings(account) for role, account in accounts.items()}
        return {
            **self.server.as_json(),
            "tasks": self.tasks.as_json(),
            "project": self.name,
            "accounts": {**accounts, "tasks": self.tasks_account},
            "settings": settings,
        }

    def _grant_looking(self) -> None:
        """What a doctor may see as one of the services."""
        for account in (self.sidebar, self.worker):
            for role in ("user", "backupSchedulesViewer", "backupsViewer"):
                self.iam.grant(account, f"roles/datastore.{role}", f"projects/{self.name}")

    def _create_keys(self, vault: rsa.RSAPrivateKey | None) -> None:
        """Workers and the sidebar use ``work`` and see the public half of ``vault``; break-glass alone decrypts."""
        purposes = kms.CryptoKey.CryptoKeyPurpose
        self.kms.keys.create(self.key("vault"), purposes.ASYMMETRIC_DECRYPT, first=vault)
        self.kms.keys.create(self.key("work"), purposes.ENCRYPT_DECRYPT)
        for account in (self.sidebar, self.worker, self.break_glass, self.operator):
            self.iam.grant(account, "roles/cloudkms.cryptoKeyEncrypterDecrypter", self.key("work"))
            self.iam.grant(account, "roles/cloudkms.publicKeyViewer", self.key("vault"))
        self.iam.grant(self.break_glass, "roles/cloudkms.cryptoKeyDecrypter", self.key("vault"))
        # Who rotates keys makes versions, and can open nothing with them.
        self.iam.grant(self.operator, "roles/cloudkms.admin", self.key_ring)

    def _create_queues(self) -> None:
        """The sidebar enqueues too, so both may act as the account whose token the tasks carry."""
        for lane in LANES:
            queue = self.tasks.create_queue(f"{self.queue_location}/queues/{lane}", Rates(**RATES))
            for account in (self.sidebar, self.worker):
                self.iam.grant(account, "roles/cloudtasks.enqueuer", queue.name)
        for account in (self.sidebar, self.worker):
            self.iam.grant(account, "roles/iam.serviceAccountUser", name_account(self.tasks_account, self.name))
            self.iam.grant(account, "roles/cloudtasks.viewer", self.queue_location)
