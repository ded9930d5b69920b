"""What a step is: it asks what is there, and names the commands that make the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from deploy.choices import Choices
from deploy.gcloud import Command, DeployError, Gcloud

UNKNOWN_HOST = "host-of-the-app"
"""What stands for the name that Google gives the app, until it is known."""


@dataclass
class Site:
    """One project as the steps see it. ``cloud`` is None in a plan that asks nobody: then nothing is there yet.

    While a plan is made (``is_planning``) a read that fails counts as "not there": an API that is still off answers
    none. While the steps run it stops them.
    """

    choices: Choices
    cloud: Gcloud | None
    is_planning: bool = True
    filled: dict[str, str] = field(default_factory=dict)
    """The version that this run gave to a secret, by name. Lists of Secret Manager may be minutes behind."""

    def ask(self, *args: str) -> Any:
        """The JSON of a read, None where the thing is not there. Raises DeployError."""
        if self.cloud is None:
            return None
        try:
            return self.cloud.ask(*args)
        except DeployError:
            if self.is_planning:
                return None
            raise

    def ask_list(self, *args: str) -> list[Any]:
        answer = self.ask(*args)
        return answer if isinstance(answer, list) else []

    @property
    def project(self) -> str:
        return self.choices.project

    def host(self) -> str:
        """App Engine's host name for the service "default"; its region's letters are Google's alone.

        Raises DeployError while the steps run and there is no app.
        """
        host = (self.ask("app", "describe") or {}).get("defaultHostname", "")
        if not host and not self.is_planning:
            raise DeployError("App Engine names no host for the app. Is this the right project?")
        return str(host) or UNKNOWN_HOST


@dataclass(frozen=True)
class Step:
    """``missing`` names the commands that are still needed; none where all is there. Raises DeployError.

    ``without`` is what a plan says of it where it needs no command.
    """

    name: str
    missing: Callable[[Site], Iterable[Command]]
    without: str = "nothing to do"


def grant(
    site: Site, read: tuple[str, ...], bind: tuple[str, ...], wanted: Iterable[tuple[str, str]]
) -> Iterable[Command]:
    """The bindings that a resource's policy lacks. ``wanted`` are pairs of role and member."""
    policy = site.ask(*read) or {}
    held = {
        (binding["role"], member)
        for binding in policy.get("bindings", [])
        if "condition" not in binding
        for member in binding.get("members", [])
    }
    for role, member in wanted:
        if (role, member) not in held:
            yield Command((*bind, f"--member={member}", f"--role={role}"))


def last_part(resource: dict[str, Any]) -> str:
    """``truly`` of ``projects/p/locations/l/keyRings/truly``."""
    return str(resource.get("name", "")).rsplit("/", 1)[-1]
