"""The Firestore emulator, for the tests of the whole path that want it."""

from tests.support.firestore import firestore_emulator

__all__ = ["firestore_emulator"]
