"""A project as gcloud shows it: it keeps what was made, refuses what the real one refuses, and counts the calls.

Used in this process by passing ``FakeProject.run``, or on PATH as a program named ``gcloud``: run this module, with its
state in the file that $GCLOUD_STATE names.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Container, Iterable
from pathlib import Path
from typing import Any, NoReturn

HOST = "truly-acme.ey.r.appspot.com"
Flags = dict[str, list[str]]


class Refusal(Exception):
    """What gcloud prints when it exits with 1."""


class FakeProject:
    """``state`` is JSON through and through. ``before`` and ``after`` are called around each change, with its words."""

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        self.state = state or new_state()
        self.calls: list[list[str]] = []
        self.changes: list[list[str]] = []
        self.inputs: list[bytes] = []
        self.before: Callable[[list[str]], None] = lambda _args: None
        self.after: Callable[[list[str]], None] = lambda _args: None

    def run(self, args: Iterable[str], stdin: bytes | None) -> tuple[int, str, str]:
        """Exit code, output and errors of one call."""
        words = list(args)
        self.calls.append(words)
        path, flags = split_words(words)
        name, handler, rest = find_handler(path)
        try:
            if name in READS:
                return 0, json.dumps(handler(self.state, rest, flags, stdin)), ""
            self.before(words)
            self.changes.append(words)
            self.inputs.append(stdin or b"")
            answer = handler(self.state, rest, flags, stdin)
        except Refusal as refusal:
            return 1, "", f"ERROR: (gcloud.{'.'.join(name.split())}) {refusal}"
        self.after(words)
        return 0, json.dumps(answer), ""


def new_state() -> dict[str, Any]:
    """An empty project with an owner, and a log that somebody switched on by hand."""
    return {
        "apis": ["cloudapis.googleapis.com"],
        "policies": {
            "project": {
                "version": 1,
                "etag": "0",
                "bindings": [{"role": "roles/owner", "members": ["user:owner@acme.example"]}],
                "auditConfigs": [{"service": "storage.googleapis.com", "auditLogConfigs": [{"logType": "DATA_READ"}]}],
            }
        },
        "roles": {}, "accounts": [], "rings": [], "keys": {}, "databases": {}, "schedules": {}, "composites": [], "fields": {},
        "secrets": {}, "annotations": {}, "behind": {}, "topics": [], "subscriptions": {}, "queues": {}, "app": None, "versions": {}, "idle": {}, "cron": 0, "addons": {}, "metrics": {}, "alerts": {},
        "has_consent_screen": True, "is_logged_in": True,
    }  # fmt: skip


def split_words(words: list[str]) -> tuple[list[str], Flags]:
    flags: Flags = {}
    for word in words:
        if word.startswith("--"):
            name, _, value = word.partition("=")
            flags.setdefault(name, []).append(value)
    return [word for word in words if not word.startswith("--")], flags


def find_handler(path: list[str]) -> tuple[str, Callable[..., Any], list[str]]:
    for length in range(len(path), 0, -1):
        if handler := HANDLERS.get(" ".join(path[:length])):
            return " ".join(path[:length]), handler, path[length:]
    raise AssertionError(f"The stand-in does not know gcloud {' '.join(path)}")


def need(state: dict[str, Any], api: str) -> None:
    if f"{api}.googleapis.com" not in state["apis"]:
        raise Refusal(f"[SERVICE_DISABLED] {api}.googleapis.com has not been used in project truly-acme before.")


def absent(what: str) -> NoReturn:
    raise Refusal(f"NOT_FOUND: {what} was not found.")


def exists(what: str) -> NoReturn:
    raise Refusal(f"ALREADY_EXISTS: {what} already exists.")


def need_new(things: Container[str], name: str) -> None:
    if name in things:
        exists(name)


def need_one(things: Container[str], name: str) -> None:
    if name not in things:
        absent(name)


def read_file(flags: Flags, flag: str) -> Any:
    """The JSON of the file that a flag names."""
    return json.loads(Path(flags[flag][0]).read_text())


def read_policy(state: dict[str, Any], name: str) -> dict[str, Any]:
    return json.loads(json.dumps(state["policies"].setdefault(name, {"etag": "0"})))  # type: ignore[no-any-return]


def add_binding(state: dict[str, Any], name: str, flags: Flags) -> None:
    [member], [role] = flags["--member"], flags["--role"]
    kind, _, address = member.partition(":")
    project_account = address.endswith((".iam.gserviceaccount.com", "@appspot.gserviceaccount.com"))
    is_known = address in state["accounts"] or (address.endswith("@appspot.gserviceaccount.com") and state["app"])
    if kind == "serviceAccount" and project_account and not is_known:
        raise Refusal(f"INVALID_ARGUMENT: Service account {address} does not exist.")
    policy = state["policies"].setdefault(name, {"etag": "0"})
    bindings = policy.setdefault("bindings", [])
    binding = next((b for b in bindings if b["role"] == role), None)
    if binding is None:
        bindings.append({"role": role, "members": [member]})
    elif member not in binding["members"]:
        binding["members"].append(member)
    policy["etag"] = str(int(policy["etag"]) + 1)


HANDLERS: dict[str, Callable[..., Any]] = {}
READS: set[str] = set()


def handle(name: str, *, reads: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        HANDLERS[name] = function
        if reads:
            READS.add(name)
        return function

    return register


@handle("services list", reads=True)
def _(state: dict[str, Any], _rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    return [{"config": {"name": api}} for api in state["apis"]]


@handle("services enable")
def _(state: dict[str, Any], rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    state["apis"] = sorted({*state["apis"], *rest})


@handle("projects describe", reads=True)
def _(state: dict[str, Any], rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    if not state["is_logged_in"]:
        raise Refusal("You do not currently have an active account selected. Please run: gcloud auth login")
    if rest[0] != "truly-acme":
        absent(f"The project {rest[0]}")
    return {"projectId": rest[0], "projectNumber": "123456789012"}


@handle("projects get-iam-policy", reads=True)
def _(state: dict[str, Any], _rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "cloudresourcemanager")
    return read_policy(state, "project")


@handle("projects add-iam-policy-binding")
def _(state: dict[str, Any], _rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    add_binding(state, "project", flags)


@handle("projects set-iam-policy")
def _(state: dict[str, Any], rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    policy = json.loads(Path(rest[1]).read_text())
    if policy["etag"] != state["policies"]["project"]["etag"]:
        raise Refusal("ABORTED: There were concurrent policy changes.")
    state["policies"]["project"] = {**policy, "etag": str(int(policy["etag"]) + 1)}


@handle("iam service-accounts list", reads=True)
def _(state: dict[str, Any], _rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "iam")
    return [{"email": email} for email in state["accounts"]]


@handle("iam service-accounts create")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    [project] = flags["--project"]
    email = f"{rest[0]}@{project}.iam.gserviceaccount.com"
    need_new(state["accounts"], email)
    state["accounts"].append(email)


@handle("iam service-accounts get-iam-policy", reads=True)
def _(state: dict[str, Any], rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "iam")
    return read_policy(state, rest[0]) if rest[0] in state["accounts"] else absent(rest[0])


@handle("iam service-accounts add-iam-policy-binding")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    add_binding(state, rest[0], flags) if rest[0] in state["accounts"] else absent(rest[0])


@handle("iam roles describe", reads=True)
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    """Custom roles alone, by their whole name. gcloud takes the organization or the project, and never both."""
    assert ("--organization" in flags) != ("--project" in flags)
    parent = f"organizations/{flags['--organization'][0]}" if "--organization" in flags else "projects/truly-acme"
    name = f"{parent}/roles/{rest[0]}"
    if name not in state["roles"]:
        raise Refusal(f"PERMISSION_DENIED: You don't have permission to get the role at {name}.")
    return {"name": name, "includedPermissions": state["roles"][name]}


@handle("kms keyrings list", reads=True)
def _(state: dict[str, Any], _rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "cloudkms")
    return [{"name": f"projects/p/locations/{flags['--location'][0]}/keyRings/{ring}"} for ring in state["rings"]]


@handle("kms keyrings create")
def _(state: dict[str, Any], rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "cloudkms")
    exists(rest[0]) if rest[0] in state["rings"] else state["rings"].append(rest[0])


@handle("kms keyrings get-iam-policy", reads=True)
def _(state: dict[str, Any], rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "cloudkms")
    return read_policy(state, f"ring {rest[0]}") if rest[0] in state["rings"] else absent(rest[0])


PURPOSES = {"asymmetric-encryption": "ASYMMETRIC_DECRYPT", "encryption": "ENCRYPT_DECRYPT"}


@handle("kms keys list", reads=True)
def _(state: dict[str, Any], _rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "cloudkms")
    if flags["--keyring"][0] not in state["rings"]:
        absent("the key ring")
    return [{"name": f"projects/p/keyRings/truly/cryptoKeys/{name}", **key} for name, key in state["keys"].items()]


@handle("kms keys create")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    if flags["--keyring"][0] not in state["rings"]:
        absent("the key ring")
    need_new(state["keys"], rest[0])
    [purpose] = flags["--purpose"]
    state["keys"][rest[0]] = {"purpose": PURPOSES[purpose], "rotates": "--rotation-period" in flags}


@handle("kms keys get-iam-policy", reads=True)
def _(state: dict[str, Any], rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "cloudkms")
    return read_policy(state, f"key {rest[0]}") if rest[0] in state["keys"] else absent(rest[0])


@handle("kms keys add-iam-policy-binding")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    add_binding(state, f"key {rest[0]}", flags) if rest[0] in state["keys"] else absent(rest[0])


@handle("firestore databases list", reads=True)
def _(state: dict[str, Any], _rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "firestore")
    return [{"name": f"projects/p/databases/{name}", **database} for name, database in state["databases"].items()]


def set_protection(database: dict[str, str], flags: Flags) -> None:
    if "--enable-pitr" in flags:
        database["pointInTimeRecoveryEnablement"] = "POINT_IN_TIME_RECOVERY_ENABLED"
    if "--no-enable-pitr" in flags:
        database["pointInTimeRecoveryEnablement"] = "POINT_IN_TIME_RECOVERY_DISABLED"
    if "--delete-protection" in flags:
        database["deleteProtectionState"] = "DELETE_PROTECTION_ENABLED"


@handle("firestore databases create")
def _(state: dict[str, Any], _rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    [name], [location] = flags["--database"], flags["--location"]
    need_new(state["databases"], name)
    state["databases"][name] = {
        "locationId": location,
        "pointInTimeRecoveryEnablement": "POINT_IN_TIME_RECOVERY_DISABLED",
    }
    set_protection(state["databases"][name], flags)


@handle("firestore databases update")
def _(state: dict[str, Any], _rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    set_protection(state["databases"][flags["--database"][0]], flags)


@handle("firestore backups schedules list", reads=True)
def _(state: dict[str, Any], _rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    [name] = flags["--database"]
    return state["schedules"].get(name, []) if name in state["databases"] else absent(name)


@handle("firestore backups list", reads=True)
def _(state: dict[str, Any], _rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "firestore")
    return state.get("backups", [])


@handle("firestore backups schedules create")
def _(state: dict[str, Any], _rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    state["schedules"].setdefault(flags["--database"][0], []).append({"retention": flags["--retention"][0]})


@handle("firestore indexes composite list", reads=True)
def _(state: dict[str, Any], _rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    return state["composites"] if flags["--database"][0] in state["databases"] else absent("the database")


@handle("firestore indexes composite create")
def _(state: dict[str, Any], _rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    fields = [dict(part.split("=") for part in config.split(",")) for config in flags["--field-config"]]
    index = {
        "name": f"projects/p/databases/d/collectionGroups/{flags['--collection-group'][0]}/indexes/CICA{len(state['composites'])}",
        "fields": [{"fieldPath": f["field-path"], "order": f["order"].upper()} for f in fields]
        + [{"fieldPath": "__name__", "order": "ASCENDING"}],
    }
    if any(other["fields"] == index["fields"] for other in state["composites"]):
        exists("the index")
    state["composites"].append(index)


@handle("firestore indexes fields list", reads=True)
def _(state: dict[str, Any], _rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    [database] = flags["--database"]
    default = {"name": f"projects/p/databases/{database}/collectionGroups/__default__/fields/*", "indexConfig": {}}
    return (
        [default, *state["fields"].get(database, {}).values()] if database in state["databases"] else absent(database)
    )


@handle("firestore indexes fields update")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    [database], [group] = flags["--database"], flags["--collection-group"]
    name = f"projects/p/databases/{database}/collectionGroups/{group}/fields/{rest[0]}"
    orders = [value.removeprefix("order=").upper() for value in flags.get("--index", [])]
    indexes = [{"queryScope": "COLLECTION", "fields": [{"fieldPath": rest[0], "order": order}]} for order in orders]
    state["fields"].setdefault(database, {})[name] = {
        "name": name,
        "indexConfig": {"indexes": indexes} if indexes else {},
    }


@handle("secrets list", reads=True)
def _(state: dict[str, Any], _rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "secretmanager")
    notes = state["annotations"]
    return [
        {"name": f"projects/1/secrets/{name}", **({"annotations": notes[name]} if name in notes else {})}
        for name in state["secrets"]
    ]


@handle("secrets create")
def _(state: dict[str, Any], rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need_new(state["secrets"], rest[0])
    state["secrets"][rest[0]] = []


@handle("secrets update")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    need_one(state["secrets"], rest[0])
    [pairs] = flags["--update-annotations"]
    state["annotations"].setdefault(rest[0], {}).update(dict(pair.split("=") for pair in pairs.split(",")))


@handle("secrets versions list", reads=True)
def _(state: dict[str, Any], rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need_one(state["secrets"], rest[0])
    return [
        describe_version(state, rest[0], str(number)) for number in range(1, count_versions(state, "list", rest[0]) + 1)
    ]


@handle("secrets versions describe", reads=True)
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    [name] = flags["--secret"]
    need_one(state["secrets"], name)
    need_one([str(number) for number in range(1, count_versions(state, "describe", name) + 1)], rest[0])
    return describe_version(state, name, rest[0])


def count_versions(state: dict[str, Any], verb: str, name: str) -> int:
    """``state["behind"]`` has, by verb, how many of each secret's newest versions are not told yet."""
    return max(0, len(state["secrets"][name]) - int(state["behind"].get(verb, 0)))


def describe_version(state: dict[str, Any], name: str, number: str) -> dict[str, str]:
    version = state["secrets"][name][int(number) - 1]
    return {"name": f"projects/1/secrets/{name}/versions/{number}", "state": version["state"]}


@handle("secrets versions disable")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    [name] = flags["--secret"]
    need_one([str(number) for number in range(1, len(state["secrets"].get(name, ())) + 1)], rest[0])
    state["secrets"][name][int(rest[0]) - 1]["state"] = "DISABLED"


@handle("secrets versions add")
def _(state: dict[str, Any], rest: list[str], flags: Flags, stdin: bytes | None) -> Any:
    assert flags["--data-file"] == ["-"]
    need_one(state["secrets"], rest[0])
    state["secrets"][rest[0]].append({"state": "ENABLED", "length": len(stdin or b"")})
    return {"name": f"projects/1/secrets/{rest[0]}/versions/{len(state['secrets'][rest[0]])}", "state": "ENABLED"}


@handle("secrets get-iam-policy", reads=True)
def _(state: dict[str, Any], rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    return read_policy(state, f"secret {rest[0]}") if rest[0] in state["secrets"] else absent(rest[0])


@handle("secrets add-iam-policy-binding")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    add_binding(state, f"secret {rest[0]}", flags) if rest[0] in state["secrets"] else absent(rest[0])


@handle("pubsub topics list", reads=True)
def _(state: dict[str, Any], _rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "pubsub")
    return [{"name": f"projects/p/topics/{name}"} for name in state["topics"]]


@handle("pubsub topics create")
def _(state: dict[str, Any], rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    exists(rest[0]) if rest[0] in state["topics"] else state["topics"].append(rest[0])


@handle("pubsub topics get-iam-policy", reads=True)
def _(state: dict[str, Any], rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    return read_policy(state, f"topic {rest[0]}") if rest[0] in state["topics"] else absent(rest[0])


@handle("pubsub topics add-iam-policy-binding")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    add_binding(state, f"topic {rest[0]}", flags) if rest[0] in state["topics"] else absent(rest[0])


@handle("pubsub subscriptions list", reads=True)
def _(state: dict[str, Any], _rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "pubsub")
    return [
        {"name": f"projects/p/subscriptions/{name}", "pushConfig": push}
        for name, push in state["subscriptions"].items()
    ]


def set_push(state: dict[str, Any], name: str, flags: Flags) -> None:
    [endpoint], [account] = flags["--push-endpoint"], flags["--push-auth-service-account"]
    if account not in state["accounts"]:
        absent("the account")
    [audience] = flags["--push-auth-token-audience"]
    state["subscriptions"][name] = {
        "pushEndpoint": endpoint, "oidcToken": {"serviceAccountEmail": account, "audience": audience},
    }  # fmt: skip


@handle("pubsub subscriptions create")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    need_new(state["subscriptions"], rest[0])
    if flags["--topic"][0] not in state["topics"]:
        absent("the topic")
    set_push(state, rest[0], flags)


@handle("pubsub subscriptions update")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    need_one(state["subscriptions"], rest[0])
    set_push(state, rest[0], flags)


@handle("tasks queues list", reads=True)
def _(state: dict[str, Any], _rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "cloudtasks")
    return [{"name": f"projects/p/locations/l/queues/{name}", **queue} for name, queue in state["queues"].items()]


def set_limits(state: dict[str, Any], name: str, flags: Flags) -> None:
    state["queues"][name] = {
        "state": state["queues"].get(name, {}).get("state", "RUNNING"),
        "rateLimits": {
            "maxDispatchesPerSecond": float(flags["--max-dispatches-per-second"][0]),
            "maxConcurrentDispatches": int(flags["--max-concurrent-dispatches"][0]),
        },
        "retryConfig": {
            "maxAttempts": int(flags["--max-attempts"][0]),
            "minBackoff": flags["--min-backoff"][0],
            "maxBackoff": flags["--max-backoff"][0],
            "maxDoublings": int(flags["--max-doublings"][0]),
        },
    }


@handle("tasks queues create")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "cloudtasks")
    exists(rest[0]) if rest[0] in state["queues"] else set_limits(state, rest[0], flags)


@handle("tasks queues update")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    set_limits(state, rest[0], flags) if rest[0] in state["queues"] else absent(rest[0])


@handle("tasks queues resume")
def _(state: dict[str, Any], rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    absent(rest[0]) if rest[0] not in state["queues"] else state["queues"][rest[0]].update(state="RUNNING")


@handle("app describe", reads=True)
def _(state: dict[str, Any], _rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "appengine")
    if state["app"] is None:
        raise Refusal("The current Google Cloud project [truly-acme] does not contain an App Engine application.")
    return state["app"]


@handle("app create")
def _(state: dict[str, Any], _rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    if state["app"]:
        exists("the app")
    state["app"] = {"defaultHostname": HOST, "locationId": flags["--region"][0]}


@handle("app versions list", reads=True)
def _(state: dict[str, Any], _rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    [service] = flags["--service"]
    if service not in state["versions"]:
        raise Refusal(f"Service [{service}] not found.")
    idle = [{"id": version, "service": service, "traffic_split": 0.0} for version in state["idle"].get(service, [])]
    return [*idle, {"id": state["versions"][service], "service": service, "traffic_split": 1.0}]


@handle("app deploy")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    if state["app"] is None:
        raise Refusal("The current Google Cloud project [truly-acme] does not contain an App Engine application.")
    lines = Path(rest[0]).read_text().splitlines()
    if "cron:" in lines:
        need(state, "cloudscheduler")
        state["cron"] = sum(line.strip().startswith("url:") for line in lines)
        return
    service = next(line.removeprefix("service: ") for line in lines if line.startswith("service: "))
    account = next(
        json.loads(line.removeprefix("service_account: ")) for line in lines if line.startswith("service_account: ")
    )
    if service != "default" and "default" not in state["versions"]:
        raise Refusal(
            "The first service (module) you upload to a new application must be the 'default' service (module)."
        )
    if account not in state["accounts"]:
        absent(account)
    promote(state, service, flags["--version"][0])


def promote(state: dict[str, Any], service: str, version: str) -> None:
    """What served before stays, without traffic."""
    served = state["versions"].get(service)
    others = [served, *state["idle"].get(service, [])] if served else []
    state["idle"][service] = [name for name in dict.fromkeys(others) if name != version]
    state["versions"][service] = version


@handle("workspace-add-ons get-authorization", reads=True)
def _(state: dict[str, Any], _rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "gsuiteaddons")
    if not state["has_consent_screen"]:
        return {}
    return {
        "serviceAccountEmail": "service-1@gcp-sa-gsuiteaddons.iam.gserviceaccount.com",
        "oauthClientId": "1.apps.googleusercontent.com",
    }


@handle("workspace-add-ons deployments list", reads=True)
def _(state: dict[str, Any], _rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    need(state, "gsuiteaddons")
    return [{"name": f"projects/p/deployments/{name}", "etag": "x", **addon} for name, addon in state["addons"].items()]


@handle("workspace-add-ons deployments create")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    need_new(state["addons"], rest[0])
    state["addons"][rest[0]] = read_file(flags, "--deployment-file")


@handle("workspace-add-ons deployments replace")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    need_one(state["addons"], rest[0])
    state["addons"][rest[0]] = read_file(flags, "--deployment-file")


@handle("logging metrics list", reads=True)
def _(state: dict[str, Any], _rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    # Google names its own fields, too.
    return [{**metric, "createTime": "2026-11-30T08:00:00Z"} for metric in state["metrics"].values()]


@handle("logging metrics create")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    need_new(state["metrics"], rest[0])
    state["metrics"][rest[0]] = read_file(flags, "--config-from-file")


@handle("logging metrics update")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    need_one(state["metrics"], rest[0])
    state["metrics"][rest[0]] = read_file(flags, "--config-from-file")


@handle("alpha monitoring policies list", reads=True)
def _(state: dict[str, Any], _rest: list[str], _flags: Flags, _stdin: bytes | None) -> Any:
    return [{**policy, "name": name} for name, policy in state["alerts"].items()]


@handle("alpha monitoring policies create")
def _(state: dict[str, Any], _rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    policy = read_file(flags, "--policy-from-file")
    for condition in policy["conditions"]:
        [content] = [value for key, value in condition.items() if key.startswith("condition")]
        name = content["filter"].partition("/user/")[2].partition('"')[0]
        if name not in state["metrics"]:
            raise Refusal(f"NOT_FOUND: Cannot find metric that matches type = {name}.")
    state["alerts"][f"projects/truly-acme/alertPolicies/{len(state['alerts']) + 1}"] = policy


@handle("alpha monitoring policies update")
def _(state: dict[str, Any], rest: list[str], flags: Flags, _stdin: bytes | None) -> Any:
    need_one(state["alerts"], rest[0])
    policy = read_file(flags, "--policy-from-file")
    state["alerts"][rest[0]] |= {name: policy[name] for name in flags["--fields"][0].split(",")}


def main() -> int:
    """The program on PATH. A change is kept before it is answered, as in the real one."""
    file = Path(os.environ["GCLOUD_STATE"])
    project = FakeProject(json.loads(file.read_text()) if file.exists() else None)
    stdin = sys.stdin.buffer.read()
    code, out, err = project.run(sys.argv[1:], stdin)
    if project.changes:
        file.write_text(json.dumps(project.state))
    with Path(f"{file}.calls").open("a") as log:
        log.write(json.dumps(sys.argv[1:]) + "\n")
    sys.stdout.write(out)
    sys.stderr.write(err)
    return code


if __name__ == "__main__":
    sys.exit(main())
