"""Record ids: 15 characters that differ by case, and three more that make them safe without case."""

import re

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PREFIXES = {
    "001": "Account", "003": "Contact", "00Q": "Lead", "005": "User", "006": "Opportunity", "00T": "Task",
    "01J": "TaskStatus", "02s": "EmailMessage", "00D": "Organization",
    "01q": "ApexTrigger", "300": "FlowDefinitionView", "4pb": "ActivityUsrConnectionStatus",
    "00K": "OpportunityContactRole", "0RT": "TaskRelation", "a00": "Sync_Coverage__c",
}  # fmt: skip
"""Objects by how their ids begin; a custom one without its namespace."""


def to_18(identifier: str) -> str:
    """A 15-character id with its three check characters; longer ones as they are."""
    if len(identifier) != 15:
        return identifier
    suffix = ""
    for start in (0, 5, 10):
        bits = sum(1 << i for i, c in enumerate(identifier[start : start + 5]) if c.isascii() and c.isupper())
        suffix += ALPHABET[bits]
    return identifier + suffix


def make(prefix: str, number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = DIGITS[digit] + digits
    return to_18(prefix + "S" + digits.rjust(11, "0"))


def prefix_of(kind: str) -> str | None:
    """How the ids of an object begin, whatever its namespace."""
    plain = re.sub(r"^\w+?__(?=\w+__c$)", "", kind)
    return next((prefix for prefix, name in PREFIXES.items() if name == plain), None)


def type_of(identifier: str) -> str | None:
    """Without its namespace, for a custom object."""
    return PREFIXES.get(identifier[:3])
