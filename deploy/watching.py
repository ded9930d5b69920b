"""Metrics out of the log, and alert policies on them: one file each in deploy/monitoring, for Google's own API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.gcloud import Command
from deploy.steps import Site

FOLDER = Path(__file__).parent / "monitoring"
KEPT = "--fields=displayName,documentation,userLabels,severity,conditions,combiner,alertStrategy"
"""What an update replaces. Who is notified, and whether somebody switched a policy off, stays as it is."""


def create_metrics(site: Site) -> Iterator[Command]:
    known = {metric.get("name"): metric for metric in site.ask_list("logging", "metrics", "list")}
    for path, metric in read_files("metrics"):
        if metric["name"] not in known:
            yield Command(("logging", "metrics", "create", metric["name"], f"--config-from-file={path}"))
        elif not is_part_of(metric, known[metric["name"]]):
            yield Command(("logging", "metrics", "update", metric["name"], f"--config-from-file={path}"))


def create_policies(site: Site) -> Iterator[Command]:
    """Their commands are called alpha by gcloud; the API behind them (monitoring v3) has been stable for years."""
    known = {policy.get("displayName"): policy for policy in site.ask_list("alpha", "monitoring", "policies", "list")}
    for path, policy in read_files("policies"):
        stored = known.get(policy["displayName"])
        if stored is None:
            yield Command(("alpha", "monitoring", "policies", "create", f"--policy-from-file={path}"))
        elif not is_part_of({key: value for key, value in policy.items() if key != "enabled"}, stored):
            yield Command(
                ("alpha", "monitoring", "policies", "update", stored["name"], f"--policy-from-file={path}", KEPT)
            )


def read_files(kind: str) -> list[tuple[Path, dict[str, Any]]]:
    """``metrics`` or ``policies``: each file's path and content, by name."""
    return [(path, json.loads(path.read_text())) for path in sorted((FOLDER / kind).glob("*.json"))]


def is_part_of(wanted: Any, stored: Any) -> bool:
    """Whether all that is wanted stands there. Google adds names, times and defaults of its own."""
    if isinstance(wanted, dict):
        # A value that is false or 0 is left out of what Google answers.
        return isinstance(stored, dict) and all(
            is_part_of(value, stored.get(key, type(value)())) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        is_as_long = isinstance(stored, list) and len(stored) == len(wanted)
        return is_as_long and all(is_part_of(one, other) for one, other in zip(wanted, stored, strict=True))
    return bool(wanted == stored)
