"""Documents in Firestore. A document's version is its update time; the DEKs live in a second database.

A document's fields stand in one map, ``d``: replacing a map drops the fields that went, which an update of single
fields would leave behind, and it needs only the public client library. Beside it stands ``w``, new with every write:
a write that changes nothing would leave the update time as it was.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import google.auth.exceptions
from google.api_core import exceptions
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.api_core.retry import Retry, if_exception_type
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from google.cloud.firestore_v1.field_path import FieldPath
from more_itertools import chunked

from server.adapters.documents import (
    MOST_WRITES,
    SECOND_DATABASE,
    Create,
    Data,
    Delete,
    Document,
    Replace,
    Tally,
    Version,
    Where,
    Write,
)
from server.domain.errors import ConfigurationError, ConflictError, InvariantError, StateAwayError
from server.ports.patience import shorten

T = TypeVar("T")
DOCUMENTS_PER_READ = 300
TIMEOUT = 60.0

FIRST_TIMEOUT = 5.0
FIRST_RETRY = 8.0
"""Of the first read of a process: some 13 seconds where nobody answers. The client's own retry goes on for 300."""
CONFLICTS = (exceptions.AlreadyExists, exceptions.FailedPrecondition, exceptions.Aborted, exceptions.NotFound)


class FirestoreDocuments:
    """Implements ``server.adapters.documents.Documents``. Thread-safe, as the client is."""

    def __init__(self, first: firestore.Client, second: firestore.Client) -> None:
        self._first = first
        self._second = second
        self.tally = Tally()
        self._has_answered = False

    @property
    def writes(self) -> Counter[str]:
        return self.tally.writes

    @classmethod
    def connect(cls, project: str, database: str) -> FirestoreDocuments:
        """``database`` is ``(default)`` or a name; the DEKs are in ``<name>-deks``, beside the default in ``deks``.

        Raises ConfigurationError without credentials.
        """
        second = "deks" if database == "(default)" else f"{database}-deks"
        try:
            return cls(firestore.Client(project, database=database), firestore.Client(project, database=second))
        except google.auth.exceptions.DefaultCredentialsError:
            raise ConfigurationError(
                "STATE is Firestore, but there are no Google credentials. Run `gcloud auth application-default login`,"
                " or use a service account."
            ) from None

    def get(self, collection: str, key: str) -> Document | None:
        # Until it answered once, a start that tries again by itself may sit before it.
        patience = _patience() if self._has_answered else _patience(FIRST_TIMEOUT, FIRST_RETRY)
        snapshot = _call(lambda: self._ref(collection, key).get(**patience))
        self._has_answered = True
        self.tally.add_read(collection, 1)
        return _read_document(snapshot) if snapshot.exists else None

    def get_many(self, collection: str, keys: Sequence[str]) -> dict[str, Document]:
        documents: dict[str, Document] = {}
        client = self._client(collection)
        for portion in chunked(dict.fromkeys(keys), DOCUMENTS_PER_READ):
            refs = [self._ref(collection, key) for key in portion]
            snapshots = _call(lambda refs=refs: list(client.get_all(refs, **_patience())))  # type: ignore[misc]
            self.tally.add_read(collection, len(snapshots))
            documents.update((d.key, d) for d in (_read_document(s) for s in snapshots if s.exists))
        return documents

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        if len(writes) > MOST_WRITES:
            raise InvariantError("Too many writes for one commit.")
        versions: dict[int, Version] = {}
        for is_second in (True, False):
            writes_there = [w for w in writes if (w.collection in SECOND_DATABASE) is is_second]
            versions.update(self._commit_to_one(writes_there))
        self.tally.add_writes(writes)
        return [versions[id(w)] for w in writes]

    def query(
        self, collection: str, *, where: Sequence[Where] = (), order_by: str | None = None, limit: int | None = None,
        after: Document | None = None,
    ) -> list[Document]:  # fmt: skip
        query: Any = self._filter(collection, where)
        if order_by:
            query = query.order_by(f"d.{order_by}")
        if limit is not None:
            query = query.limit(limit)
        if after is not None:
            query = self._start_after(query, collection, after, order_by)
        documents = [_read_document(s) for s in _call(lambda: list(query.stream(**_patience())))]
        self.tally.add_read(collection, len(documents))
        return documents

    def scan(
        self, collection: str, *, where: Sequence[Where] = (), page: int = 500, after: str = ""
    ) -> Iterator[Document]:
        query: Any = self._filter(collection, where).order_by(FieldPath.document_id()).limit(page)
        last: Any = {"__name__": self._ref(collection, after)} if after else None
        while True:
            rest = query if last is None else query.start_after(last)
            snapshots = _call(lambda rest=rest: list(rest.stream(**_patience())))  # type: ignore[misc]
            self.tally.add_read(collection, len(snapshots))
            yield from map(_read_document, snapshots)
            if len(snapshots) < page:
                return
            last = snapshots[-1]

    def close(self) -> None:
        self._first.close()
        self._second.close()

    def _client(self, collection: str) -> firestore.Client:
        return self._second if collection in SECOND_DATABASE else self._first

    def _ref(self, collection: str, key: str) -> Any:
        return self._client(collection).collection(collection).document(_escape(key))

    def _filter(self, collection: str, where: Sequence[Where]) -> Any:
        query: Any = self._client(collection).collection(collection)
        for condition in where:
            query = query.where(filter=FieldFilter(f"d.{condition.field}", condition.op, condition.value))
        return query

    def _start_after(self, query: Any, collection: str, after: Document, order_by: str | None) -> Any:
        """Documents that are alike in ``order_by`` come by their keys, as they do without a word of ours."""
        place: dict[str, Any] = {"__name__": self._ref(collection, after.key)}
        if order_by:
            place["d"] = {order_by: after.data[order_by]}
        return query.order_by(FieldPath.document_id()).start_after(place)

    def _commit_to_one(self, writes: Sequence[Write]) -> dict[int, Version]:
        if not writes:
            return {}
        client = self._client(writes[0].collection)
        batch = client.batch()
        for write in writes:
            self._add(client, batch, write)
        results = _call(lambda: batch.commit(**_patience()), conflicts=CONFLICTS)
        return {
            id(w): Version("" if isinstance(w, Delete) else result.update_time.rfc3339())
            for w, result in zip(writes, results, strict=True)
        }

    def _add(self, client: firestore.Client, batch: Any, write: Write) -> None:
        ref = self._ref(write.collection, write.key)
        if isinstance(write, Create):
            batch.create(ref, _wrap(write.data))
            return
        # Without this check an empty version would pass for no condition.
        if write.version == "":
            raise ConflictError("A document that was never stored cannot be replaced or deleted.")
        option = None if write.version is None else client.write_option(last_update_time=_read_version(write.version))
        if isinstance(write, Replace):
            batch.update(ref, _wrap(write.data), option=option)
        else:
            batch.delete(ref, option=option)


def _patience(seconds: float = TIMEOUT, tries_for: float | None = None) -> Any:
    """Of one call. The client's own retry goes on for minutes, so who has less time is given another one."""
    left = shorten(seconds)
    if tries_for is None and left == seconds:
        return {"timeout": seconds}
    passing = if_exception_type(exceptions.ServiceUnavailable, exceptions.DeadlineExceeded)
    retry = Retry(predicate=passing, initial=0.2, maximum=1.0, timeout=shorten(tries_for or left))
    return {"timeout": left, "retry": retry}


def _call(call: Callable[[], T], conflicts: tuple[type[Exception], ...] = (exceptions.Aborted,)) -> T:
    try:
        return call()
    except conflicts:
        raise ConflictError("A document was changed by somebody else.") from None
    except (exceptions.PermissionDenied, exceptions.Unauthenticated, exceptions.NotFound) as error:
        raise ConfigurationError(
            f"Firestore refuses us ({type(error).__name__})."
            " Check the project, both databases and the service account's role."
        ) from None
    except (exceptions.InvalidArgument, exceptions.OutOfRange) as error:
        raise InvariantError(f"Firestore does not accept one of our calls ({type(error).__name__}).") from None
    except (exceptions.GoogleAPIError, google.auth.exceptions.GoogleAuthError) as error:
        raise StateAwayError(f"Firestore did not answer ({type(error).__name__}).") from None


def _wrap(data: Data) -> dict[str, Any]:
    return {"d": dict(data), "w": uuid.uuid4().hex}


def _read_version(version: str) -> Any:
    return DatetimeWithNanoseconds.from_rfc3339(version).timestamp_pb()


def _read_document(snapshot: Any) -> Document:
    data = snapshot.to_dict()["d"]
    return Document(unquote(snapshot.id), data, Version(snapshot.update_time.rfc3339()))


def _escape(key: str) -> str:
    """A document id takes no slash. The other forbidden ids are ``.`` and ``..``, which no key is."""
    return quote(key, safe=":@+=,;!$&'()*")
