"""Bring the keys of stored copies from earlier versions of the vault key to the current one.

Only the wrapped DEK of a copy changes: the ciphertext is neither read nor written. A run may die at any moment. Each
copy has either its old wrapped DEK or its new one, and the next run goes on where this one stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from more_itertools import chunked

from server.domain.errors import BadInputError, RefusedError, SealBrokenError
from server.domain.ids import ActivityKey
from server.domain.ledger import WrappedDek
from server.ports.clock import Clock
from server.ports.kek import UnwrapKek, WrapKek
from server.ports.store import Store
from server.vault.access_chain import make_next_entry

SETTLED = 300.0
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

        Raises BadInputError without a reason, RefusedError without the private key, and TransientError; a later run
        then goes on.
        """
        if not reason.strip():
            raise BadInputError("Say why you re-wrap the keys of the copies. The access ledger keeps the reason.")
        if self.unwrap is None:
            raise RefusedError("This process may not open copies (MAY_OPEN_COPIES is not yes).")
        began = self.clock.now()
        start = self.store.rewrap_position(self.wrap.name)
        result = Rewrapped()
        self._run_once(start, self.unwrap, actor, reason, result, on_progress)
        # Once more from the beginning: a process from before the rotation may have sealed meanwhile.
        self._run_once("", self.unwrap, actor, reason, result, on_progress)
        self.store.keep_rewrap_position(self.wrap.name, "")
        result.settles_at = self._find_settling(began)
        return result

    def _find_settling(self, began: float) -> float | None:
        identity = self.store.identity()
        pinned_at = (identity.vault_pinned_at if identity else None) or 0.0
        return pinned_at + SETTLED if began < pinned_at + SETTLED else None

    def _run_once(
        self, start: str, unwrap: UnwrapKek, actor: str, reason: str, result: Rewrapped,
        on_progress: Callable[[int], None],
    ) -> None:  # fmt: skip
        earlier = (dek for dek in self.store.wrapped_deks(start) if dek.kek_name != self.wrap.name)
        for batch in chunked((dek for dek in earlier if dek.dek_id not in result.unopened), BATCH):
            self._note(batch, actor, reason)
            fresh = list(self._wrap_anew(batch, unwrap, result))
            done = self.store.replace_deks(fresh)
            self.store.keep_rewrap_position(self.wrap.name, batch[-1].dek_id)
            result.count += done
            on_progress(done)

    def _note(self, batch: Sequence[WrappedDek], actor: str, reason: str) -> None:
        """Before any key of the batch is asked for: nobody may unwrap a key without leaving a trace."""
        now_ms = int(self.clock.now() * 1000)
        # By the ids of the keys: what lies between the two was re-wrapped, and nothing else.
        span = ActivityKey(f"deks {batch[0].dek_id} to {batch[-1].dek_id}")
        text = f"re-wrap {len(batch)} keys for {self.wrap.name}: {reason}"
        self.store.append_access(lambda last: make_next_entry(last, now_ms, actor, span, text))

    def _wrap_anew(self, batch: Sequence[WrappedDek], unwrap: UnwrapKek, result: Rewrapped) -> Iterator[WrappedDek]:
        for dek in batch:
            try:
                key = unwrap.unwrap(dek.wrapped, dek.kek_name)
            except SealBrokenError:
                # It stays as it is: its private key may lie somewhere else.
                result.unopened[dek.dek_id] = dek.kek_name
                continue
            yield replace(dek, wrapped=self.wrap.wrap(key), kek_name=self.wrap.name)
