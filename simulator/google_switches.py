"""How the real Google differs from an easy one: each difference is a switch of a world, off unless it is turned on.

``"workspace": {"switches": {"exact_header_names": true}}``. docs/simulator.md has what each does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.switches import check_switches

NUMBERS: tuple[str, ...] = ()
TEXTS: dict[str, tuple[str, ...]] = {}
"""What a switch that takes a text may say."""


@dataclass(frozen=True)
class GoogleSwitches:
    """All switches, in order of the alphabet; each is described in one sentence here.

    ``charges_principal``: a call uses the units of the person for whom it is made, or of the service account where it
    is made for nobody, whatever its ``quotaUser`` says: without an API key Google ignores that.
    """

    charges_principal: bool = False

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> GoogleSwitches:
        """Raises ValueError, with a sentence, for a name or a value that no switch has."""
        return cls(**check_switches(cls, section, "workspace.switches", NUMBERS, TEXTS))

    @classmethod
    def hard(cls) -> GoogleSwitches:
        """All at once: a Google in which as little as possible goes by itself."""
        return cls(charges_principal=True)
