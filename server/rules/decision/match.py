"""Which record wins, and why each of the others lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from server.domain.crm import Query, Record
from server.domain.decision import Loser, Why
from server.domain.ids import SalesforceId
from server.domain.mail import Mail
from server.domain.mailbox import GroupPeople, Workspace
from server.domain.message import Participant
from server.domain.policy import Policy
from server.rules.decision.names import list_other_people
from server.rules.decision.owner import list_owner_addresses
from server.rules.headers.address import address_variants
from server.rules.headers.domains import is_public_mail_domain, list_parents

Owners = frozenset[SalesforceId]
"""The Users whose records win a tie: the mail's owner, or of mail to a group each of its members."""


def list_searchable_domains(domain: str, workspace: Workspace, policy: Policy) -> tuple[str, ...]:
    """The domain, then its parents down to the registrable one; none for public mail and the workspace's own."""

    def is_companys(name: str) -> bool:
        is_public = is_public_mail_domain(name, policy.public_domains, policy.company_domains)
        return not is_public and not workspace.owns_domain(name)

    return tuple(filter(is_companys, list_parents(domain))) if is_companys(domain) else ()


def build_query(mail: Mail, workspace: Workspace, policy: Policy, groups: GroupPeople) -> Query:
    """What the CRM is asked in order to decide this mail.

    The domains are everybody's: the box on an account counts for a Lead who stands in Reply-To alone, too.
    """
    return Query(
        addresses=frozenset(v for p in mail.externals for v in address_variants(p.address)),
        domains=frozenset(d for p in mail.externals for d in list_searchable_domains(p.domain, workspace, policy)),
        users=frozenset(list_owner_addresses(mail, workspace, groups)),
    )


def by_address(person: Participant, records_by_address: dict[str, tuple[Record, ...]]) -> Iterator[tuple[Record, ...]]:
    """Records with the exact address, then those with the address without its tag. The first group counts."""
    return (records for variant in address_variants(person.address) if (records := records_by_address.get(variant)))


def by_domain(
    person: Participant, records_by_domain: dict[str, tuple[Record, ...]], workspace: Workspace, policy: Policy
) -> Iterator[tuple[Record, ...]]:
    """Accounts of the exact domain, then of each parent. The first group counts."""
    for domain in list_searchable_domains(person.domain, workspace, policy):
        if companies := tuple(r for r in records_by_domain.get(domain, ()) if not r.is_person_account):
            yield companies


@dataclass(frozen=True)
class Matches:
    """Records of one kind for all people of a mail, both parts ranked.

    ``farther`` holds the records that lost to a nearer one: the exact address, or the longer domain. ``misnamed`` are
    of another person than the headers name.
    """

    fitting: tuple[Record, ...] = ()
    farther: tuple[Record, ...] = ()
    misnamed: tuple[Record, ...] = ()

    @classmethod
    def of(cls, groups: Iterable[Iterable[tuple[Record, ...]]], owners: Owners) -> Matches:
        """``groups`` holds the groups of records of one person after the other, each person's nearest group first."""
        groups_of_people = [tuple(groups_of_person) for groups_of_person in groups]
        nearest = keep_first(
            r for person_groups in groups_of_people for r in (person_groups[0] if person_groups else ())
        )
        every = keep_first(r for person_groups in groups_of_people for group in person_groups for r in group)
        # A record that is far for one person can be the nearest for another, and then it fits.
        nearest_ids = {r.record_id for r in nearest}
        farther = [r for r in every if r.record_id not in nearest_ids]
        return cls(tuple(rank(nearest, owners)), tuple(rank(farther, owners)))

    @classmethod
    def of_people(cls, mail: Mail, records_by_address: dict[str, tuple[Record, ...]], owners: Owners) -> Matches:
        """Contacts or Leads. One of a shared address who is plainly another person than the headers name is out."""
        groups_of_people: list[list[tuple[Record, ...]]] = []
        others: list[Record] = []
        for person in mail.externals:
            names = mail.names_of(person.address)
            groups: list[tuple[Record, ...]] = []
            for group in by_address(person, records_by_address):
                out = list_other_people(names, group)
                others += out
                groups.append(tuple(record for record in group if record not in out))
            groups_of_people.append(groups)
        matches = cls.of(groups_of_people, owners)
        # Somebody who is out for one address may have another one on the mail.
        found = {record.record_id for record in matches.every}
        misnamed = [record for record in keep_first(others) if record.record_id not in found]
        return replace(matches, misnamed=tuple(rank(misnamed, owners)))

    def has_author(self, mail: Mail) -> bool:
        """Whether one of the fitting records has the address of the mail's author."""
        return mail.author is not None and any(record.found_by == mail.author.address for record in self.fitting)

    @property
    def every(self) -> tuple[Record, ...]:
        return self.fitting + self.farther + self.misnamed


def keep_first(records: Iterable[Record]) -> tuple[Record, ...]:
    """Each record once, at its first place."""
    seen: dict[SalesforceId, Record] = {}
    for record in records:
        seen.setdefault(record.record_id, record)
    return tuple(seen.values())


def rank(records: Sequence[Record], owners: Owners) -> list[Record]:
    """The tie rule: records of the owner first, then the most recently updated, then the lowest id."""
    return sorted(records, key=lambda r: (r.owner_id not in owners, -r.modified_at, r.record_id))


def losers_of(ranked: Sequence[Record], owners: Owners) -> tuple[Loser, ...]:
    """The ranked records after the first, each with why it was not chosen."""
    if not ranked:
        return ()
    chosen = ranked[0]
    return tuple(Loser(record, _explain_loss(record, chosen, owners)) for record in ranked[1:])


def _explain_loss(record: Record, chosen: Record, owners: Owners) -> Why:
    if chosen.owner_id in owners and record.owner_id not in owners:
        return Why.OWNED_BY_OTHER
    if record.modified_at < chosen.modified_at:
        return Why.UPDATED_EARLIER
    return Why.HIGHER_ID
