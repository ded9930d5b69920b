"""Stands in for Salesforce's command line: an org in a JSON file, every call written down, failures as told.

A test copies this file to a folder of its own as ``sf``. It imports nothing of ours: it is a program of another house.
Beside it lies ``org.json``: what the org has, what it refuses, and the call at which it kills its caller.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

PLACE = Path(os.environ.get("FAKE_SF", "."))
JOB = "This schedulable class has jobs pending or in progress"
LAYOUT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Layout xmlns="http://soap.sforce.com/2006/04/metadata">\n'
    "    <layoutSections>\n        <label>First</label>\n        <style>OneColumn</style>\n    </layoutSections>\n</Layout>\n"
)


def main(words: list[str]) -> int:
    org: dict[str, Any] = json.loads((PLACE / "org.json").read_text())
    org["calls"].append(words)
    number = len(org["calls"])
    problem = next((refusal["says"] for refusal in org["refuses"] if set(refusal["call"]) <= set(words)), None)
    result = problem if isinstance(problem, dict) else answer(org, words)
    save(org)
    if org["dies_after"] == number:
        os.kill(os.getppid(), signal.SIGKILL)
        return 1
    if isinstance(problem, str):
        sys.stderr.write(problem)
        return 1
    is_refused = "message" in result
    said = {"status": int(is_refused), "result": result.get("result"), "message": result.get("message", "")}
    sys.stdout.write(json.dumps(said))
    return int(is_refused)


def save(org: dict[str, Any]) -> None:
    (PLACE / "org.json").write_text(json.dumps(org))


def answer(org: dict[str, Any], words: list[str]) -> dict[str, Any]:
    match words[:3]:
        case ["data", "query", _]:
            return {"result": {"records": query(org, value(words, "--query"))}}
        case ["org", "assign", "permset"]:
            return assign(org, words)
        case ["apex", "run", _]:
            return run_apex(org, Path(value(words, "--file")))
        case ["org", "list", "metadata"]:
            return {
                "result": [
                    {"fullName": name, "namespacePrefix": "pkg" if "pkg__" in name else None} for name in org["layouts"]
                ]
            }
        case ["project", "retrieve", "start"]:
            for name in (word.removeprefix("Layout:") for word in words if word.startswith("Layout:")):
                Path(value(words, "--output-dir"), f"{name}.layout-meta.xml").write_text(LAYOUT)
            return {"result": {"success": True}}
        case ["project", "deploy", "start"]:
            return deploy(org, words)
    return {"message": f"{' '.join(words)} is not a sf command."}


def query(org: dict[str, Any], statement: str) -> list[dict[str, Any]]:
    if "FROM Organization" in statement:
        return [{"Id": "00D000000000001EAA", "Name": "Acme", "IsSandbox": org["is_sandbox"]}]
    if "FROM User WHERE Username IN (" in statement:
        named = set(re.findall(r"'((?:[^'\\]|\\.)*)'", statement))
        return [user for user in org["users"] if user["Username"] in named]
    if "FROM CronTrigger" in statement:
        return [{"Id": "08e"}] * org["scheduled"]
    return [{"Id": "707"}] * org["running"]


def assign(org: dict[str, Any], words: list[str]) -> dict[str, Any]:
    given = [value(words, "--name"), value(words, "--on-behalf-of") if "--on-behalf-of" in words else "me"]
    if given in org["assigned"]:
        failure = {"name": given[1], "message": "Duplicate PermissionSetAssignment. Assignment already exists."}
        return {"message": "Failed to assign.", "result": {"successes": [], "failures": [failure]}}
    org["assigned"].append(given)
    return {"result": {"successes": [{"name": given[1]}], "failures": []}}


def run_apex(org: dict[str, Any], file: Path) -> dict[str, Any]:
    code = re.sub(r"//.*", "", file.read_text())
    if "AccountDomainBatch." in code and "domains" not in org["deployed"]:
        fault = {"success": False, "compiled": False, "compileProblem": "Variable does not exist: AccountDomainBatch"}
        return {"message": "Compilation failed", "result": fault}
    if "System.abortJob" in code:
        org["scheduled"] = org["running"] = 0
    if "AccountDomainBatch.start()" in code:
        org["scheduled"] = org["running"] = 1
        org["filled"] = True
    if "AccountDomainBatch.everyNight()" in code:
        org["scheduled"] = 1
    if "PermissionSetAssignment" in code:
        org["assigned"] = []
    return {"result": {"success": True, "compiled": True}}


def deploy(org: dict[str, Any], words: list[str]) -> dict[str, Any]:
    if "--post-destructive-changes" in words:
        text = Path(value(words, "--post-destructive-changes")).read_text()
        org["removed"].append(re.findall(r"<members>(.*?)</members><name>(\w+)", text))
        return {"result": {"success": True}}
    folders = [Path(words[at + 1]) for at, word in enumerate(words) if word == "--source-dir"]
    failures = [fault for folder in folders for fault in look(org, folder, [f.name for f in folders])]
    if failures:
        details = {"componentFailures": failures if len(failures) > 1 else failures[0]}
        return {"message": "Failed to deploy.", "result": {"success": False, "details": details}}
    if "--dry-run" not in words:
        org["deployed"] += [folder.name for folder in folders if folder.name not in org["deployed"]]
        for folder in folders:
            org["texts"].update({path.name: path.read_text() for path in folder.rglob("*.layout-meta.xml")})
            org["texts"].update({path.name: path.read_text() for path in folder.rglob("*.md-meta.xml")})
    return {"result": {"success": True, "details": {}}}


def look(org: dict[str, Any], folder: Path, together: list[str]) -> list[dict[str, Any]]:
    faults = []
    if folder.name == "domains" and (org["scheduled"] or org["running"]):
        faults.append(fault("ApexClass", "AccountDomainBatch", JOB))
    if folder.name in {"domains", "reports", "reports-by-rep"} and "core" not in {*org["deployed"], *together}:
        faults.append(fault("ApexClass", "AccountDomainUpdater", "Field Email_Domain__c does not exist"))
    for path in folder.rglob("*.permissionset-meta.xml"):
        text = path.read_text()
        unknown = next((name for name in org["unknown_rights"] if f">{name}<" in text), None)
        if unknown:
            words = (
                f"You cannot deploy to a required field: {unknown}"
                if "." in unknown
                else f"Unknown user permission: {unknown}"
            )
            faults.append(fault("PermissionSet", path.name.partition(".")[0], words))
    return faults


def fault(kind: str, name: str, problem: str) -> dict[str, Any]:
    return {"componentType": kind, "fullName": name, "problem": problem, "problemType": "Error", "lineNumber": ""}


def value(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
