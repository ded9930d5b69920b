"""Hostile bytes into everything that reads what others wrote.

A harness is one module in ``harnesses/`` with ``one(data: bytes) -> None``, which raises where a promise is broken, and
where it helps ``WORDS``, byte strings that mean something there. Its corpus is ``corpus/<harness>/``, a file an input;
``test_corpus.py`` replays all of them in every test run. ``make fuzz SECONDS=60 ONLY=addresses`` looks for more:
with atheris where that installs, else with a small engine of its own (``plain.py``). What it finds is cut down and put
into ``build/fuzz/``; a copy in the corpus keeps it found. ``python -m tests.fuzz --distil NAME`` cuts what a long run
grew down to the inputs that reach something new, and puts those into the corpus.
"""
