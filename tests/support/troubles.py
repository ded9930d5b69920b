"""Give people of a scene a trouble of their own, and what each kind is called here."""

from __future__ import annotations

from dataclasses import replace

from server.domain.trouble import TroubleCode
from tests.support.scene import Scene

CODES = {
    "auth_error": TroubleCode.CREDENTIALS_REFUSED,
    "suspended": TroubleCode.ACCESS_REFUSED,
    "domain_policy": TroubleCode.DOMAIN_POLICY,
    "delegation_denied": TroubleCode.DELEGATION_DENIED,
    "invalid_argument": TroubleCode.CALL_REFUSED,
    "no_gmail": TroubleCode.NO_GMAIL,
    "conflict": TroubleCode.CONFLICT,
    "unauthorized_client": TroubleCode.NOT_DELEGATED,
    "invalid_grant": TroubleCode.NO_SUCH_USER,
}
"""The kinds of trouble that a mailbox has, each with the code that we keep."""


def give_trouble(scene: Scene, kind: str, *emails: str) -> None:
    """``kind`` is a name of ``simulator.troubles.TROUBLES``, empty for none. Their tokens end, as after an hour."""
    world = scene.universe.world
    world.users = tuple(replace(user, trouble=kind) if user.email in emails else user for user in world.users)
    for email in emails:
        scene.universe.identity.end_sessions(email)
