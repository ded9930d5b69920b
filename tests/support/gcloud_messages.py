"""Runs in gcloud's own Python: holds files of metrics, alert policies and add-ons against the messages of Google's APIs.

Takes the folder of the SDK; reads ``{"metrics": [path, ...], "policies": [path, ...], "deployments": [path, ...]}``, writes what is wrong.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LIBRARIES = Path(sys.argv[1]) / "lib"
sys.path[:0] = [str(LIBRARIES), str(LIBRARIES / "third_party")]

from apitools.base.protorpclite import messages as protorpc  # noqa: E402
from apitools.base.py import encoding  # noqa: E402
from googlecloudsdk.generated_clients.apis.gsuiteaddons.v1 import gsuiteaddons_v1_messages as addon_messages  # noqa: E402
from googlecloudsdk.generated_clients.apis.logging.v2 import logging_v2_messages as logging_messages  # noqa: E402
from googlecloudsdk.generated_clients.apis.monitoring.v3 import monitoring_v3_messages as monitoring_messages  # noqa: E402


def list_unknown(message: protorpc.Message, place: str) -> Iterator[str]:
    for name in message.all_unrecognized_fields():
        yield f"{place}: {name} is not known"
    for field in message.all_fields():
        value = message.get_assigned_value(field.name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, protorpc.Message):
                yield from list_unknown(item, f"{place}.{field.name}")


def check(message_class: Any, path: str) -> list[str]:
    try:
        message = encoding.JsonToMessage(message_class, Path(path).read_text())
    except Exception as error:  # noqa: BLE001
        return [f"{path}: {type(error).__name__}: {error}"]
    return list(list_unknown(message, Path(path).name))


def main() -> None:
    asked = json.load(sys.stdin)
    wrong = [problem for path in asked["metrics"] for problem in check(logging_messages.LogMetric, path)]
    wrong += [problem for path in asked["policies"] for problem in check(monitoring_messages.AlertPolicy, path)]
    wrong += [
        problem
        for path in asked["deployments"]
        for problem in check(addon_messages.GoogleCloudGsuiteaddonsV1Deployment, path)
    ]
    sys.stdout.write("\nANSWER " + json.dumps(wrong))


main()
