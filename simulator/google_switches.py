"""How the real Google differs from an easy one: each difference is a switch of a world, off unless it is turned on.

``"workspace": {"switches": {"exact_header_names": true}}``. docs/simulator.md has what each does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.switches import check_switches

NUMBERS: tuple[str, ...] = ("read_lag", "search_lag")
TEXTS: dict[str, tuple[str, ...]] = {"header_form": ("", "requoted", "bare")}
"""What a switch that takes a text may say."""
APIS = ("admin.googleapis.com", "gmail.googleapis.com", "iamcredentials.googleapis.com")
"""What ``apis_off`` may name."""
UNLISTABLE = ("400", "403", "404")
"""The statuses that may stand beside a group of ``unlistable_groups``."""


@dataclass(frozen=True)
class GoogleSwitches:
    """All switches, in order of the alphabet; each is described in one sentence here.

    ``apis_off``: the APIs that the project has not enabled, as ``gmail.googleapis.com``: every call of them is 403.
    ``charges_principal``: a call uses the units of the person for whom it is made, or of the service account where it
    is made for nobody, whatever its ``quotaUser`` says: without an API key Google ignores that.
    ``derived_in_one_domain``: a listing with derived members looks into no group of another domain than its own.
    ``disordered_history``: history.list gives its records in no order, so that pages mix old and new.
    ``exact_header_names``: metadataHeaders brings a header only in the very spelling that the mail has (Message-Id).
    ``foreign_groups_named``: a group of another company is a member of type GROUP, not of type EXTERNAL.
    ``gaps_in_threads``: threads.get leaves out one of any three messages. ``header_form``: the headers in JSON are
    decoded, with names in quotes ("requoted") or as they come out ("bare"). ``read_lag``: seconds for which
    messages.get answers 404 for a message that arrived, though lists and history name it. ``search_lag``: seconds after
    which a list with ``q`` knows a message that arrived; a plain list and history know it at once.
    ``signed_ids_need_addon``: the id of mail just sent (``msg-a:r-...``) is known to the add-on's own token alone, and
    a delegated call that names it is answered with 400.
    ``unlabelled_schedule``: mail that waits to be sent has no label, and only ``in:scheduled`` finds it.
    ``unlistable_groups``: groups whose members Google does not list, each with a status, as ``sales@acme.example 403``.
    """

    apis_off: tuple[str, ...] = ()
    charges_principal: bool = False
    derived_in_one_domain: bool = False
    disordered_history: bool = False
    exact_header_names: bool = False
    foreign_groups_named: bool = False
    gaps_in_threads: bool = False
    header_form: str = ""
    read_lag: int = 0
    search_lag: int = 0
    signed_ids_need_addon: bool = False
    unlabelled_schedule: bool = False
    unlistable_groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> GoogleSwitches:
        """Raises ValueError, with a sentence, for a name or a value that no switch has."""
        switches = cls(**check_switches(cls, section, "workspace.switches", NUMBERS, TEXTS))
        if unknown := sorted(set(switches.apis_off) - set(APIS)):
            raise ValueError(f"workspace.switches.apis_off knows no {unknown[0]}: it knows {', '.join(APIS)}")
        for entry in switches.unlistable_groups:
            if entry.partition(" ")[2] not in UNLISTABLE:
                text = f"must be an address and one of {', '.join(UNLISTABLE)}"
                raise ValueError(f"workspace.switches.unlistable_groups: {entry!r} {text}")
        return switches

    def find_unknown_group(self, groups: Iterable[str]) -> str | None:
        """A group of ``unlistable_groups`` that is not among these addresses."""
        known = {group.lower() for group in groups}
        named = (entry.partition(" ")[0] for entry in self.unlistable_groups)
        return next((group for group in named if group.lower() not in known), None)

    @classmethod
    def hard(cls) -> GoogleSwitches:
        """All at once: a Google in which as little as possible goes by itself."""
        return cls(
            charges_principal=True,
            derived_in_one_domain=True,
            disordered_history=True,
            exact_header_names=True,
            foreign_groups_named=True,
            gaps_in_threads=True,
            header_form="bare",
            search_lag=3_600,
            signed_ids_need_addon=True,
            unlabelled_schedule=True,
        )
