"""Compare what two versions made of the same world: ``python -m tests.support.compare_runs before.json after.json``.

Each file is what ``make demo ONCE=1 WORLD=dir JSON=file`` writes. Messages are paired by mailbox and file, activities by
message: the Id and the moments that Salesforce gives are left out, everything else must be the same.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

DECIDED = ("gmail_message_id", "rfc822_message_id", "outcome", "reason", "record")
GIVEN_BY_SALESFORCE = frozenset({"Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "CompletedDateTime"})
Run = Mapping[str, Any]
"""The JSON of a run."""


def list_differences(earlier: Run, later: Run) -> Iterator[str]:
    """A line for each message, mailbox or kind of call that differs."""
    messages, changed = _by_message(earlier), _by_message(later)
    for key in sorted(messages.keys() | changed.keys()):
        if messages.get(key) != changed.get(key):
            yield f"{key[0]} {key[1]}: {messages.get(key)} is now {changed.get(key)}"
    for part in ("coverage", "calls"):
        for name in sorted(earlier[part].keys() | later[part].keys()):
            if earlier[part].get(name) != later[part].get(name):
                yield f"{part} of {name}: {earlier[part].get(name)} is now {later[part].get(name)}"


def _by_message(run: Run) -> dict[tuple[str, str], dict[str, Any]]:
    tasks = {task["Id"]: task for task in run["salesforce"]["Task"]}
    return {
        (message["mailbox"], str(message["source"])): {
            **{name: message[name] for name in DECIDED},
            "activity": _describe_activity(tasks.get(message["activity"])),
        }
        for message in run["messages"]
    }


def _describe_activity(task: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if task is None:
        return None
    return {name: value for name, value in task.items() if name not in GIVEN_BY_SALESFORCE}


def main(paths: list[str]) -> int:
    earlier, later = (json.loads(Path(path).read_text()) for path in paths)
    differences = list(list_differences(earlier, later))
    sys.stdout.writelines(f"{line}\n" for line in differences)
    sys.stdout.write(f"{len(later['messages'])} messages, {len(differences)} differences.\n")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
