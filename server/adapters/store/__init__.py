"""The Store port over any ``Documents`` backend."""

from server.adapters.store.store import DocumentStore

__all__ = ["DocumentStore"]
