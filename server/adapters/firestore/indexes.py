"""firestore.indexes.json, rendered from the queries that the store makes.

Nothing is indexed but what is asked for: an index over headers, sealed bytes or texts costs storage and writes.
A field inherits its index settings from the map it stands in, so that switching ``d`` off switches off all below.
Format: https://firebase.google.com/docs/reference/firestore/indexes
"""

from __future__ import annotations

import json
import sys
from typing import Any

from server.adapters.documents import COLLECTIONS, INDEXES

ASCENDING = "ASCENDING"
SCOPE = "COLLECTION"


def definition() -> dict[str, Any]:
    """The indexes of both databases. The second has one collection, which no query reads."""
    return {
        "indexes": [
            {"collectionGroup": name, "queryScope": SCOPE, "fields": [_field(f) for f in fields]}
            for name, indexes in INDEXES.items()
            for fields in indexes
            if len(fields) > 1
        ],
        "fieldOverrides": [
            {"collectionGroup": name, "fieldPath": path, "indexes": []} for name in COLLECTIONS for path in ("d", "w")
        ]
        + [
            {"collectionGroup": name, "fieldPath": f"d.{first}", "indexes": [{"order": ASCENDING, "queryScope": SCOPE}]}
            for name, indexes in INDEXES.items()
            for first in dict.fromkeys(fields[0] for fields in indexes)
        ],
    }


def _field(name: str) -> dict[str, str]:
    return {"fieldPath": f"d.{name}", "order": ASCENDING}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(definition(), indent=2) + "\n")
