"""Runs in gcloud's own Python: holds commands and App Engine's files against the parsers that gcloud itself uses.

Reads ``{"commands": [[word, ...], ...], "services": [path, ...], "cron": [path, ...]}``, writes what is wrong as a list.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIBRARIES = Path(sys.argv[1]) / "lib"
sys.path[:0] = [str(LIBRARIES), str(LIBRARIES / "third_party")]

from googlecloudsdk import gcloud_main  # noqa: E402
from googlecloudsdk.api_lib.app import yaml_parsing  # noqa: E402


def parse_command(top: Any, words: list[str]) -> str:
    """A sentence where gcloud would not take the command."""
    node = top
    rest = list(words)
    while rest and node.is_group:
        node = node.LoadSubElement(rest[0])
        if node is None:
            return "no such command"
        rest.pop(0)
    if node.is_group:
        return "a group, not a command"
    try:
        node._parser.parse_args(rest, raise_error=True)  # noqa: SLF001
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    return ""


def parse_file(load: Callable[[str], Any], path: str) -> str:
    try:
        return "" if load(path) else "gcloud does not know this file"
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"


def main() -> None:
    asked = json.load(sys.stdin)
    top = gcloud_main.CreateCLI([])._TopElement()  # noqa: SLF001
    wrong = [[" ".join(words), parse_command(top, words)] for words in asked["commands"]]
    wrong += [[path, parse_file(yaml_parsing.ServiceYamlInfo.FromFile, path)] for path in asked["services"]]
    wrong += [[path, parse_file(yaml_parsing.ConfigYamlInfo.FromFile, path)] for path in asked["cron"]]
    sys.stdout.write("\nANSWER " + json.dumps([pair for pair in wrong if pair[1]]))


main()
