"""APIs, service accounts and what each may do: no account has a role that its work does not need."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from deploy.gcloud import Command
from deploy.steps import Site, grant

API_NAMES = (
    "admin", "appengine", "appsmarket-component", "artifactregistry", "cloudbuild", "cloudkms", "cloudresourcemanager",
    "cloudscheduler", "cloudtasks", "firestore", "gmail", "gsuiteaddons", "iam", "iamcredentials", "logging",
    "monitoring", "pubsub", "secretmanager",
)  # fmt: skip
APIS = tuple(f"{name}.googleapis.com" for name in API_NAMES)
ACCOUNTS = {
    "truly-sidebar": "Answers Gmail's sidebar and Pub/Sub's pushes",
    "truly-worker": "Runs jobs and cron",
    "truly-tasks": "Signs the tasks that Cloud Tasks sends",
    "truly-push": "Signs the pushes that Pub/Sub sends",
    "truly-breakglass": "Opens sealed copies, and nothing else does",
    "truly-delegate": "Reads the domain's mail by delegation",
}
SERVICES = ("truly-sidebar", "truly-worker")
SERVICE_ROLES = ("roles/datastore.user", "roles/cloudtasks.enqueuer", "roles/logging.logWriter")
LOOKING_ROLES = (
    "roles/cloudtasks.viewer",
    "roles/datastore.backupSchedulesViewer",
    "roles/datastore.backupsViewer",
)
"""An operator runs ``doctor`` as the worker, and it asks for queues, backup schedules and backups."""
PROJECT_ROLES = {
    "truly-sidebar": SERVICE_ROLES,
    "truly-worker": SERVICE_ROLES + LOOKING_ROLES,
    "truly-breakglass": ("roles/datastore.user", "roles/logging.logWriter"),
}
BUILD_ROLES = ("roles/storage.objectViewer", "roles/artifactregistry.createOnPushWriter", "roles/logging.logWriter")
"""What building a version takes. Google grants more by default, and an organisation may forbid that."""
AUDITED = {"cloudkms.googleapis.com": ("DATA_READ", "DATA_WRITE"), "secretmanager.googleapis.com": ("DATA_READ",)}
"""Every use of a key and every read of a secret leaves a record of Google's own."""
POLICY_FILE = Path("build/deploy/policy.json")


def enable_apis(site: Site) -> Iterable[Command]:
    enabled = {api.get("config", {}).get("name") for api in site.ask_list("services", "list", "--enabled")}
    missing = [api for api in APIS if api not in enabled]
    return [Command(("services", "enable", *missing))] if missing else []


def create_accounts(site: Site) -> Iterable[Command]:
    known = {account.get("email") for account in site.ask_list("iam", "service-accounts", "list")}
    for name, description in ACCOUNTS.items():
        if name == "truly-delegate" and site.choices.delegate != site.choices.account(name):
            continue
        if site.choices.account(name) not in known:
            yield Command(
                ("iam", "service-accounts", "create", name, f"--display-name={name}", f"--description={description}")
            )


def grant_project_roles(site: Site) -> Iterable[Command]:
    wanted = [
        (role, f"serviceAccount:{site.choices.account(name)}")
        for name, roles in PROJECT_ROLES.items()
        for role in roles
    ]
    return grant(
        site,
        ("projects", "get-iam-policy", site.project),
        ("projects", "add-iam-policy-binding", site.project, "--condition=None"),
        wanted,
    )


def grant_build_roles(site: Site) -> Iterable[Command]:
    """After the app is created: App Engine's default account, which builds the versions, comes with it."""
    builder = f"serviceAccount:{site.project}@appspot.gserviceaccount.com"
    return grant(
        site,
        ("projects", "get-iam-policy", site.project),
        ("projects", "add-iam-policy-binding", site.project, "--condition=None"),
        [(role, builder) for role in BUILD_ROLES],
    )


def grant_use_of_accounts(site: Site) -> Iterator[Command]:
    """Who puts a task needs actAs on the account that signs it; who reads mail signs as the delegate."""
    members = [f"serviceAccount:{site.choices.account(name)}" for name in SERVICES]
    yield from _grant_on_account(
        site, site.choices.account("truly-tasks"), [("roles/iam.serviceAccountUser", member) for member in members]
    )
    yield from _grant_on_account(
        site, site.choices.delegate, [("roles/iam.serviceAccountTokenCreator", member) for member in members]
    )
    people = {"truly-breakglass": site.choices.openers, "truly-worker": site.choices.operators}
    for name, allowed in people.items():
        yield from _grant_on_account(
            site,
            site.choices.account(name),
            [("roles/iam.serviceAccountTokenCreator", member) for member in allowed],
        )


def _grant_on_account(site: Site, account: str, wanted: Iterable[tuple[str, str]]) -> Iterable[Command]:
    return grant(
        site,
        ("iam", "service-accounts", "get-iam-policy", account),
        ("iam", "service-accounts", "add-iam-policy-binding", account),
        wanted,
    )


def switch_audit_logs_on(site: Site) -> Iterable[Command]:
    policy = site.ask("projects", "get-iam-policy", site.project) or {}
    audited = add_audit_logs(policy)
    if audited == policy:
        return []
    return [
        Command(("projects", "set-iam-policy", site.project, str(POLICY_FILE)), prepare=partial(_write_policy, audited))
    ]


def add_audit_logs(policy: dict[str, Any]) -> dict[str, Any]:
    """The policy with the logs that we want, and with all that was there. Its etag refuses a change in between."""
    configs = {config["service"]: config for config in policy.get("auditConfigs", [])}
    for service, kinds in AUDITED.items():
        logs = list(configs.get(service, {}).get("auditLogConfigs", []))
        logs += [{"logType": kind} for kind in kinds if kind not in {log.get("logType") for log in logs}]
        configs[service] = {**configs.get(service, {}), "service": service, "auditLogConfigs": logs}
    return {**policy, "auditConfigs": list(configs.values())}


def _write_policy(policy: dict[str, Any]) -> None:
    POLICY_FILE.parent.mkdir(parents=True, exist_ok=True)
    POLICY_FILE.write_text(json.dumps(policy, indent=2), encoding="utf-8")
