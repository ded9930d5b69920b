"""Worlds to measure on: mail of believable sizes from customers, from strangers and from colleagues."""

from __future__ import annotations

import json
import random
from email.message import EmailMessage
from pathlib import Path

WORDS = (
    "lamp",
    "order",
    "offer",
    "meeting",
    "site",
    "visit",
    "invoice",
    "hall",
    "light",
    "price",
    "question",
    "thanks",
)
ME = "rep@bench.example"


SENDERS = {"customer": "customer.example", "stranger": "unknown{}.example", "colleague": "bench.example"}
"""Mail of a customer is logged, of a stranger looked up and skipped, of a colleague skipped unasked."""


def message(number: int, chance: random.Random, sender: str) -> bytes:
    """Some 2 to 40 kB."""
    mail = EmailMessage()
    company = SENDERS[sender].format(number)
    mail["From"] = f"Person {number} <person{number % 50}@{company}>"
    mail["To"] = f"Rep <{ME}>"
    mail["Subject"] = f"{chance.choice(WORDS)} {number}"
    mail["Date"] = f"Mon, {1 + number % 28:02d} Jun 2026 09:{number % 60:02d}:00 +0000"
    mail["Message-ID"] = f"<{number}@{company}>"
    text = "\n".join(" ".join(chance.choices(WORDS, k=12)) for _ in range(chance.randint(10, 200)))
    mail.set_content(text)
    mail.add_alternative(f"<html><body><p>{text.replace(chr(10), '</p><p>')}</p></body></html>", subtype="html")
    return mail.as_bytes()


def write(folder: Path, count: int, *senders: str) -> list[bytes]:
    """``senders`` in turn. Returns the messages, in the order of the mailbox."""
    chance = random.Random(1)
    mails = [message(i, chance, senders[i % len(senders)]) for i in range(count)]
    box = folder / "mail" / ME
    box.mkdir(parents=True)
    for number, raw in enumerate(mails):
        (box / f"{number:06d}.eml").write_bytes(raw)
    user = {"Id": "005A00000000001", "Email": ME, "Name": "Rep", "IsActive": True}
    domain = "TrulyActivity__Email_Domain__c"
    account = {"Id": "001A00000000001", "Name": "Customer", "OwnerId": user["Id"], domain: "customer.example"}
    world = {
        "name": "bench",
        "workspace": {
            "customer": "C0bench",
            "domains": [{"name": "bench.example", "primary": True, "aliases": []}],
            "users": [{"email": ME, "name": "Rep", "aliases": [], "admin": True}],
            "groups": [],
        },
        "salesforce": {"namespace": "TrulyActivity", "User": [user], "Account": [account], "Contact": [], "Lead": []},
    }
    (folder / "world.json").write_text(json.dumps(world))
    return mails
