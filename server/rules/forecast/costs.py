"""What one event of our code asks of Google and of Salesforce.

Every number was counted in a run of the code (tests/engine/operations/test_forecast.py counts them again): a change of
the code that asks more or less fails there.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Cost:
    """Calls and units of Gmail, calls of Salesforce and of the Directory, documents of Firestore, and operations.

    ``reads``, ``writes`` and ``deletes`` are documents as Firestore bills them: a question without an answer is a read.
    ``tasks`` are operations of Cloud Tasks: a task that is made and run is two, and one whose name exists is one.
    """

    gmail_calls: float = 0.0
    gmail_units: float = 0.0
    salesforce_calls: float = 0.0
    directory_calls: float = 0.0
    reads: float = 0.0
    writes: float = 0.0
    deletes: float = 0.0
    tasks: float = 0.0
    kms: float = 0.0
    pushes: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __radd__(self, zero: int) -> Cost:
        """So that ``sum`` works."""
        return self

    def __mul__(self, times: float) -> Cost:
        return Cost(*(getattr(self, f.name) * times for f in fields(self)))


MADE_AND_RUN = 2.0
"""Operations of a task."""
SHARDS = 16
"""The ledger's shards of new mail; a look at new and old mail asks twice as many."""
LOOK = 2.0 * SHARDS
ACTIVITIES_A_ROUND = 200.0
PAGE = 500.0
"""Messages of one page of a list, and people of one page of the Directory."""

SWEEP = Cost(reads=1, tasks=MADE_AND_RUN + 1)
"""The sweep itself, and the delivery that it asks for."""
STATUS = Cost(reads=LOOK + 2, writes=1)
"""What a sweep measures of the service for its log: rows that wait, alarms, and the process's own tally."""
TALLY_LOOKS = 2.0
"""How often a sweep reads all tallies: each process has one of today and one of yesterday."""
TALLY = Cost(reads=1, writes=1)
TALLY_SECONDS = 60.0
"""A process with jobs saves its tally at most so often."""
SEND_AS = Cost(gmail_calls=1, gmail_units=1, reads=1, writes=1)
"""Once an hour and mailbox, within a sweep."""
COLLECT = Cost(gmail_calls=1, gmail_units=2, reads=5, writes=2, deletes=1)
"""A mailbox without news: lease, mailbox, history, rows that wait to be read, and the lease's end."""
COLLECT_CHANGE = Cost(reads=1)
"""Beside that, where history named a change of a message that is known."""
COLLECT_MAIL = Cost(gmail_calls=1, gmail_units=1, reads=1, tasks=1)
"""Beside that, where there is mail: the labels, the mailbox again, and the delivery that is asked for."""
MAIL = Cost(gmail_calls=1, gmail_units=20, reads=3, writes=1)
"""A mail that was read: headers, a row, and what was said of its conversation."""
PUSH = Cost(pushes=1, tasks=1)
EMPTY_ROUND = Cost(reads=LOOK, tasks=1)
ROUND = Cost(salesforce_calls=1, reads=SHARDS, tasks=1) + Cost(tasks=1)
"""A round with mail, and the next one that it asks for; the latter is counted as an empty one."""
ROUND_THAT_LOGS = Cost(salesforce_calls=1)
ROUND_SHARD = Cost(reads=2, writes=1, deletes=1)
ROUND_SHARD_THAT_LOGS = Cost(reads=1, writes=1)
"""Its lease is renewed before the insert, which it must outlast."""
ROUND_MAILBOX = Cost(reads=1)
DECIDED = Cost(reads=3, writes=1)
"""A mail that Salesforce was asked about: its row, its conversation, its activity."""
LOGGED = Cost(gmail_calls=1, gmail_units=20, reads=2, writes=4)
"""Beside that: the body, the claim and its end, the copy and its key."""
AUDIT = Cost(gmail_calls=4, gmail_units=20, reads=6, writes=2, tasks=MADE_AND_RUN + 1) + COLLECT
"""A night and mailbox: one list of the last days, one of each of three days, and the mailbox is read first."""
AUDITED_MESSAGE = Cost(reads=2)
"""Of the last three days; and each message of the mailbox once a week."""
WHOLE_PAGE = Cost(gmail_calls=1, gmail_units=5)
PUBLISHED = Cost(reads=2, writes=1)
PUBLISH_JOB = Cost(salesforce_calls=1, tasks=1)
"""It asks whether the org takes days, and writes so many of them in one call:"""
ROWS_PUBLISHED = 200.0
WATCH_JOB = Cost(tasks=MADE_AND_RUN)
WATCHED_MAILBOX = Cost(gmail_calls=1, gmail_units=100, reads=2, writes=1)
LISTED_MAILBOX = Cost(reads=1)
"""Wherever all mailboxes are listed: by the hourly watch job, the address book and the cache of the Workspace."""
PROCESS_DAY = Cost(reads=1_440 + 2, kms=2)
"""A process looks at the schema's version each minute, and opens the work DEKs of today and yesterday."""
WORK_KEY = Cost(writes=1, kms=1)
"""The work DEK of the day."""
ADDRESS_BOOK_SECONDS = 600.0
WORKSPACE_SECONDS = 3_600.0

FIRST_READ = Cost(gmail_calls=12, gmail_units=12, reads=10, writes=5, deletes=2, tasks=2 * MADE_AND_RUN)
"""A mailbox whose past begins: cursor, size, labels, and the turns of the backfill."""
PAST_PORTION = 50.0
"""Messages whose headers are read together; each portion asks for a delivery."""
PAST_MAIL = Cost(gmail_calls=1, gmail_units=20, reads=3, writes=1)
PAST_ROUND = Cost(salesforce_calls=3, reads=LOOK, tasks=MADE_AND_RUN) + ROUND_SHARD * SHARDS
PAST_ACTIVITIES_A_ROUND = 1_000.0
