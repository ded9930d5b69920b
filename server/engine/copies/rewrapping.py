"""Bring the keys of stored copies from earlier versions of the vault key to the current one.

Only the wrapped DEK of a copy changes: the ciphertext is neither read nor written. A run may die at any moment. Each
copy has either its old wrapped DEK or its new one, and the next run goes on where this one stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from more_itertools import chunked

from server.domain.errors import BadInputError, ConfigurationError, RefusedError, SealBrokenError
from server.domain.ids import ActivityKey
from server.domain.ledger import WrappedDek
from server.ports.clock import Clock
from server.ports.kek import UnwrapKek, WrapKek
from server.ports.store import Store
from server.vault.access_chain import make_next_entry

CLOCKS_APART = 900.0
"""Seconds by which the clock of the machine that rotated the key may differ from others."""
SETTLED = 300.0 + CLOCKS_APART
"""Seconds after a rotation: by then every process has taken the new version, and stored what it sealed before."""
BATCH = 100
"""Keys of one entry in the access ledger."""


@dataclass
class Rewrapped:
    """``settles_at`` (epoch seconds) is None, or until then a running process may still seal under an earlier version.

    ``unopened`` are the keys that no private key here opens: by its id, the version that wrapped each.
    """

    count: int = 0
    settles_at: float | None = None
    unopened: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rewrapper:
    """``unwrap`` is None in a process without the private key: such a process cannot re-wrap."""

    unwrap: UnwrapKek | None
    wrap: WrapKek
    store: Store
    clock: Clock

    def rewrap(self, actor: str, reason: str, on_progress: Callable[[int], None] = lambda _count: None) -> Rewrapped:
        """Re-wrap every key that another version wrapped. ``on_progress`` hears how many keys were done.

        Raises BadInputError without a reason, RefusedError without the private key, ConfigurationError where the state
        has a newer version than this process, and TransientError; a later run then goes on.
        """
        if not reason.strip():
            raise BadInputError("Say why you re-wrap the keys of the copies. The access ledger keeps the reason.")
        if self.unwrap is None:
            raise RefusedError("This process may not open copies (MAY_OPEN_COPIES is not yes).")
        began = self.clock.now()
        run = _Run(self.store, self.unwrap, self.wrap.newest(), partial(self._note, actor, reason), on_progress)
        run.go(self.store.rewrap_position(run.wrap.name))
        # Once more from the beginning: a process from before the rotation may have sealed meanwhile.
        run.go("")
        self.store.keep_rewrap_position(run.wrap.name, "")
        run.require_newest()
        run.result.settles_at = self._find_settling(began)
        return run.result

    def _find_settling(self, began: float) -> float | None:
        identity = self.store.identity()
        pinned_at = (identity.vault_pinned_at if identity else None) or 0.0
        return pinned_at + SETTLED if began < pinned_at + SETTLED else None

    def _note(self, actor: str, reason: str, wrap: WrapKek, batch: Sequence[WrappedDek]) -> None:
        """Before any key of the batch is asked for: nobody may unwrap a key without leaving a trace."""
        now_ms = int(self.clock.now() * 1000)
        # By the ids of the keys: what lies between the two was re-wrapped, and nothing else.
        span = ActivityKey(f"deks {batch[0].dek_id} to {batch[-1].dek_id}")
        text = f"re-wrap {len(batch)} keys for {wrap.name}: {reason}"
        self.store.append_access(lambda last: make_next_entry(last, now_ms, actor, span, text))


@dataclass(frozen=True)
class _Run:
    """``wrap`` is the one version of this run."""

    store: Store
    unwrap: UnwrapKek
    wrap: WrapKek
    note: Callable[[WrapKek, Sequence[WrappedDek]], None]
    on_progress: Callable[[int], None]
    result: Rewrapped = field(default_factory=Rewrapped)

    def go(self, start: str) -> None:
        self.require_newest()
        earlier = (dek for dek in self.store.wrapped_deks(start) if dek.kek_name != self.wrap.name)
        for batch in chunked((dek for dek in earlier if dek.dek_id not in self.result.unopened), BATCH):
            # After the batch was read: what another process sealed under a newer version was pinned before that.
            self.require_newest()
            self.note(self.wrap, batch)
            done = self.store.replace_deks(list(self._wrap_anew(batch)))
            self.store.keep_rewrap_position(self.wrap.name, batch[-1].dek_id)
            self.result.count += done
            self.on_progress(done)

    def require_newest(self) -> None:
        """Else the copies of a newer version would come back under an earlier one, which may be destroyed soon."""
        identity = self.store.identity()
        pinned = identity.vault_keys[-1] if identity and identity.vault_keys else self.wrap.name
        if pinned != self.wrap.name:
            raise ConfigurationError(
                f"The state has a newer version of the vault key ({pinned}) than this process ({self.wrap.name})."
                " Run this again in a minute, on a machine that has the newer one."
            )

    def _wrap_anew(self, batch: Sequence[WrappedDek]) -> Iterator[WrappedDek]:
        for dek in batch:
            try:
                key = self.unwrap.unwrap(dek.wrapped, dek.kek_name)
            except SealBrokenError:
                # It stays as it is: its private key may lie somewhere else.
                self.result.unopened[dek.dek_id] = dek.kek_name
                continue
            yield replace(dek, wrapped=self.wrap.wrap(key), kek_name=self.wrap.name)
