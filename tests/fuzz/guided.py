"""One harness under atheris, in a process of its own: ``python -m tests.fuzz.guided NAME SECONDS SEED``.

The process ends with the search; what broke a promise lies in ``build/fuzz/NAME/`` as libFuzzer names it.
"""

from __future__ import annotations

import sys

import atheris

from tests.fuzz.frame import MAX_INPUT, Harness

HANG_SECONDS = 20


def main() -> None:
    name, seconds, seed = sys.argv[1:]
    with atheris.instrument_imports(include=["server", "addon"]):
        harness = Harness.of(name)
    harness.grown.mkdir(parents=True, exist_ok=True)
    words = harness.grown.parent / "words"
    quoted = ("".join(f"\\x{byte:02x}" for byte in word) for word in harness.words)
    words.write_text("".join(f'"{word}"\n' for word in quoted))
    options = (
        f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={MAX_INPUT}", f"-timeout={HANG_SECONDS}", f"-dict={words}",
        f"-artifact_prefix={harness.grown.parent}/", "-print_final_stats=1", "-verbosity=1", "-rss_limit_mb=2048",
    )  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(harness.grown), str(harness.corpus)], harness.one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
