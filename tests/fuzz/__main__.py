"""``make fuzz``: every harness for some seconds, one sentence each; ends with 1 if a promise was broken."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import re
import subprocess
import sys
import time

from tests.fuzz import plain
from tests.fuzz.frame import ROOT, Harness, complaint, distilled, minimised, names, reached


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; all of them unless named")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each harness")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("atheris", "plain"))
    parser.add_argument("--distil", action="store_true", help="put what long runs grew into the corpus, cut down")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(names()):
        parser.error(f"There is no harness {', '.join(sorted(unknown))}.")
    harnesses = [Harness.of(name) for name in asked.names or names()]
    if asked.distil:
        for harness in harnesses:
            print(f"{harness.name}: {distil(harness)} inputs added to {harness.corpus.relative_to(ROOT)}")
        return 0
    engine = asked.engine or ("atheris" if importlib.util.find_spec("atheris") else "plain")
    if engine == "plain" and not asked.engine:
        print("atheris is not here (no wheel for this Python?): the small engine of our own searches instead.")
    run = guided if engine == "atheris" else unguided
    broken = [harness for harness in harnesses if run(harness, asked.seconds, asked.seed)]
    return int(bool(broken))


def guided(harness: Harness, seconds: float, seed: int) -> bool:
    """Was a promise broken, under atheris?"""
    started = time.time()
    command = [sys.executable, "-m", "tests.fuzz.guided", harness.name, str(int(seconds)), str(seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    harness.grown.mkdir(parents=True, exist_ok=True)
    log = harness.grown.parent / "log"
    log.write_text(done.stdout + done.stderr)
    tried = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    new = sum(path.stat().st_mtime >= started for path in harness.grown.iterdir())
    kinds = ("crash-", "timeout-", "oom-")
    found = [p for p in harness.grown.parent.iterdir() if p.name.startswith(kinds) and p.stat().st_mtime >= started]
    for path in found:
        report(harness, path.read_bytes(), is_slow=not path.name.startswith("crash-"))
    if done.returncode and not found:
        print(f"{harness.name}: atheris itself failed: see {log.relative_to(ROOT)}")
        return True
    if not found:
        print(
            f"{harness.name}: {tried.group(1) if tried else '?'} inputs in {seconds:g} s, {new} of them new, all well"
        )
    return bool(found)


def unguided(harness: Harness, seconds: float, seed: int) -> bool:
    grown = sorted(harness.grown.iterdir()) if harness.grown.is_dir() else []
    inputs = [path.read_bytes() for path in (*harness.inputs(), *grown)]
    tried, new, broke = plain.fuzz(harness, inputs, seconds, seed)
    harness.grown.mkdir(parents=True, exist_ok=True)
    for data in new:
        (harness.grown / _name(data)).write_bytes(data)
    if broke is not None:
        report(harness, broke, is_slow=False)
        return True
    print(f"{harness.name}: {tried} inputs in {seconds:g} s, {len(new)} of them new, all well")
    return False


def report(harness: Harness, data: bytes, *, is_slow: bool) -> None:
    small = data if is_slow else minimised(harness.one, data)
    path = harness.grown.parent / f"found-{_name(small)}"
    path.write_bytes(small)
    said = "it hangs or eats memory" if is_slow else complaint(harness.one, small)
    print(
        f"{harness.name}: {said}\n  {small[:300]!r}\n  Keep it: cp {path.relative_to(ROOT)} {harness.corpus.relative_to(ROOT)}/"
    )


def distil(harness: Harness) -> int:
    known = set[tuple[str, int, int]]()
    for path in harness.inputs():
        known |= reached(harness.one, path.read_bytes())
    grown = [path.read_bytes() for path in harness.grown.iterdir()] if harness.grown.is_dir() else []
    kept = distilled(harness.one, grown, known)
    harness.corpus.mkdir(parents=True, exist_ok=True)
    for data in kept:
        (harness.corpus / _name(data)).write_bytes(data)
    return len(kept)


def _name(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(main())
