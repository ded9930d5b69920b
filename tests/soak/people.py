"""What an admin does to people while the week goes by. A mailbox is named by its person's first address throughout."""

from __future__ import annotations

from typing import Any

from simulator.people import People as Simulated
from simulator.universe import Universe
from tests.soak.script import Act

OPS = {
    Act.RENAME: "rename",
    Act.SUSPEND: "suspend",
    Act.UNSUSPEND: "unsuspend",
    Act.LEAVE: "delete",
    Act.JOIN: "create",
}


class People:
    def __init__(self, universe: Universe) -> None:
        self._universe = universe
        self._simulated = Simulated(universe)

    def hide(self, box: str) -> None:
        """Not there yet: the person joins later."""
        world = self._universe.world
        world.users = tuple(user for user in world.users if user.email != box)
        del self._universe.mailboxes[box]

    def change(self, act: Act, box: str) -> None:
        wanted: dict[str, Any] = {"op": OPS[act], "email": box}
        if act is Act.RENAME:
            wanted["to"] = f"married.{box}"
        self._simulated.change(wanted)

    def user_id(self, box: str) -> str:
        found = self._universe.user(box)
        assert found is not None
        return found.user_id
