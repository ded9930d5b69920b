"""Who may do what in the simulated Google Cloud: accounts, roles, and the resources on which they hold them."""

from __future__ import annotations

import threading
from typing import Any

ROLES: dict[str, frozenset[str]] = {
    "roles/cloudkms.cryptoKeyEncrypterDecrypter": frozenset(
        {"cloudkms.cryptoKeyVersions.useToEncrypt", "cloudkms.cryptoKeyVersions.useToDecrypt"}
    ),
    "roles/cloudkms.cryptoKeyEncrypter": frozenset({"cloudkms.cryptoKeyVersions.useToEncrypt"}),
    "roles/cloudkms.cryptoKeyDecrypter": frozenset({"cloudkms.cryptoKeyVersions.useToDecrypt"}),
    "roles/cloudkms.publicKeyViewer": frozenset({"cloudkms.cryptoKeyVersions.viewPublicKey"}),
    "roles/cloudkms.viewer": frozenset(
        {
            "cloudkms.cryptoKeys.get",
            "cloudkms.cryptoKeys.list",
            "cloudkms.cryptoKeyVersions.get",
            "cloudkms.cryptoKeyVersions.list",
        }
    ),
    # An admin makes and destroys versions, and may use none.
    "roles/cloudkms.admin": frozenset(
        {
            "cloudkms.cryptoKeys.get",
            "cloudkms.cryptoKeys.list",
            "cloudkms.cryptoKeys.update",
            "cloudkms.cryptoKeyVersions.get",
            "cloudkms.cryptoKeyVersions.list",
            "cloudkms.cryptoKeyVersions.create",
            "cloudkms.cryptoKeyVersions.update",
            "cloudkms.cryptoKeyVersions.destroy",
        }
    ),
    "roles/secretmanager.secretAccessor": frozenset({"secretmanager.versions.access"}),
    "roles/cloudtasks.enqueuer": frozenset({"cloudtasks.tasks.create"}),
    "roles/cloudtasks.viewer": frozenset(
        {"cloudtasks.queues.get", "cloudtasks.queues.list", "cloudtasks.tasks.get", "cloudtasks.tasks.list"}
    ),
    "roles/cloudtasks.taskDeleter": frozenset({"cloudtasks.tasks.delete"}),
    "roles/datastore.user": frozenset({"datastore.databases.get"}),
    "roles/datastore.backupSchedulesViewer": frozenset({"datastore.backupSchedules.list"}),
    "roles/datastore.backupsViewer": frozenset({"datastore.backups.get", "datastore.backups.list"}),
    "roles/iam.serviceAccountUser": frozenset({"iam.serviceAccounts.actAs"}),
}
"""Permissions by role, as Google lists them; only those that the simulated services ask for."""


class Iam:
    """Grants by account and resource. A grant holds on the resource and on everything below it. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._grants: set[tuple[str, str, str]] = set()

    def grant(self, account: str, role: str, resource: str) -> None:
        """``resource`` is a full name, such as ``projects/p/locations/l/keyRings/r/cryptoKeys/vault``."""
        if role not in ROLES:
            raise KeyError(role)
        with self._lock:
            self._grants.add((account, role, resource))

    def revoke(self, account: str, role: str, resource: str) -> None:
        with self._lock:
            self._grants.discard((account, role, resource))

    def is_allowed(self, account: str, permission: str, resource: str) -> bool:
        with self._lock:
            return any(
                holder == account and permission in ROLES[role] and f"{resource}/".startswith(f"{place}/")
                for holder, role, place in self._grants
            )

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [{"account": a, "role": role, "resource": place} for a, role, place in sorted(self._grants)]


def name_account(address: str, project: str) -> str:
    """The resource name of a service account, on which ``actAs`` is granted."""
    return f"projects/{project}/serviceAccounts/{address}"
