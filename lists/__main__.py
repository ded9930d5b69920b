"""``python -m lists``: makes the server's list and the package's anew. Exit code 1 with --check where one is stale."""

from __future__ import annotations

import sys

from lists.making import PUBLIC_MAIL, RESOURCE, make_public_mail, make_resource, write_lists


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        texts = {PUBLIC_MAIL: make_public_mail(), RESOURCE: make_resource()}
        return int(any(path.read_text(encoding="utf-8") != text for path, text in texts.items()))
    for path in write_lists():
        sys.stdout.write(f"Wrote {path.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
