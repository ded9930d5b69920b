"""Whom Google charges for a call."""

from __future__ import annotations

import hashlib

from server.domain.mailbox import Mailbox


def quota_user(mailbox: Mailbox) -> str:
    """Without quotaUser some Google APIs charge the service account, and the whole domain would share one quota."""
    return hashlib.sha256(mailbox.mailbox_id.encode()).hexdigest()[:16]
