"""A rep at the sidebar's card: the tests read what the card shows and click its buttons."""

from __future__ import annotations

from typing import Any

from server.engine.sidebar.button_tokens import Signer
from tests.support.cards import action, card_of, texts
from tests.support.scene import Scene

OPEN, ACT = "/addon/open", "/addon/act"


class Rep:
    """``card`` is the card that the rep sees, ``notice`` the message that the last click showed at the bottom."""

    def __init__(self, scene: Scene, address: str, message: str) -> None:
        """``message`` is the Gmail message id on which the sidebar is opened."""
        self.scene, self.address, self.message = scene, address, message
        self.card: dict[str, Any] = {}
        self.notice = ""
        self.last: dict[str, Any] = {}
        self.open()

    def open(self) -> Rep:
        self.card = card_of(self.scene.ask(OPEN, self.address, self.message))
        return self

    def click(self, label: str, **inputs: str) -> Rep:
        """``inputs`` are the values of the card's input fields by name."""
        self.last = {"parameters": action(self.card, label), "inputs": inputs}
        return self.again()

    def menu(self, label: str) -> Rep:
        """Chooses from the card's own menu."""
        [chosen] = [item["onClick"]["action"] for item in self.card["cardActions"] if item["actionLabel"] == label]
        self.last = {"parameters": {p["key"]: p["value"] for p in chosen["parameters"]}}
        return self.again()

    def again(self) -> Rep:
        """Repeats the last click, as an impatient rep or Google's replay after a consent does."""
        response = self.scene.ask(ACT, self.address, self.message, **self.last)
        self.card = card_of(response)
        self.notice = response["renderActions"]["action"].get("notification", {}).get("text", "")
        return self

    def use(self, record_id: str) -> Rep:
        """Clicks "Use" beside that Salesforce record of the card on which a record is chosen."""
        ports = self.scene.services.ports
        signer = Signer(ports.hasher, ports.clock)
        user = self.scene.universe.world.user(self.address)
        for parameters in self._use_buttons():
            if user and signer.read(parameters["st"], user.user_id).arguments["record"] == record_id:
                self.last = {"parameters": parameters}
                return self.again()
        raise AssertionError(f"no button Use for {record_id} among {self.read}")

    @property
    def read(self) -> list[str]:
        """All that the rep reads on the card, from top to bottom."""
        return texts(self.card)

    def _use_buttons(self) -> list[dict[str, str]]:
        """The parameters of each button "Use"."""
        widgets = [widget for section in self.card["sections"] for widget in section["widgets"]]
        buttons = [widget.get("decoratedText", {}).get("button") for widget in widgets]
        actions = [button["onClick"]["action"] for button in buttons if button and button["text"] == "Use"]
        return [{p["key"]: p["value"] for p in use["parameters"]} for use in actions]
