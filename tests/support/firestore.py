"""The Firestore emulator: the one that $FIRESTORE_EMULATOR_HOST names, or one of our own for as long as the tests run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from simulator.demo.deployment import ProcessError
from simulator.demo.emulator import VARIABLE
from simulator.demo.emulator import firestore_emulator as run_emulator


@pytest.fixture(scope="session")
def firestore_emulator() -> Iterator[str]:
    """Its host and port, which the environment names too."""
    given = os.environ.get(VARIABLE)
    try:
        with run_emulator() as address:
            os.environ[VARIABLE] = address
            try:
                yield address
            finally:
                if not given:
                    del os.environ[VARIABLE]
    except ProcessError as error:
        pytest.fail(str(error), pytrace=False)
