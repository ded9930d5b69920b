"""A world folder around an export. The export stays where it is: the world links to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from simulator import mbox, mime
from simulator.labels import ENGLISH
from simulator.mailfiles import MailFile, Span
from simulator.takeout import records
from simulator.takeout.accounts import Company, propose_companies
from simulator.takeout.contacts import Person, read_contacts
from simulator.takeout.domains import company_of, domain_of, is_public
from simulator.takeout.inputs import export_at, own_address
from simulator.takeout.survey import Findings, Survey
from simulator.world import WorldError

out = Console(highlight=False, soft_wrap=True, markup=False)
err = Console(stderr=True)


@dataclass(frozen=True)
class Made:
    """``folder`` is the world; ``messages`` is how many the export holds."""

    folder: Path
    messages: int


def make_world(mbox_text: str, me: str, contacts_text: str, folder: Path) -> Made:
    """Says what it makes as it goes. Raises WorldError."""
    export, owner = export_at(mbox_text), own_address(me)
    people = read_contacts(Path(contacts_text)) if contacts_text else None
    out.print("Nothing of your mail leaves this machine: Gmail and Salesforce are simulated on it.")
    try:
        spans, findings = _survey(export, owner)
        if not findings.is_about_owner:
            raise WorldError(_not_there(owner, findings))
        _link(export, folder / "mail" / f"{owner}.mbox", spans)
    except OSError as error:
        raise WorldError(f"{error.filename or export} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise WorldError(str(error)) from None
    _tell_owner(findings)
    crm = _records(findings, people)
    (folder / "world.json").write_text(json.dumps(_world(findings, crm), indent=1), encoding="utf-8")
    return Made(folder, len(spans))


def _survey(export: Path, owner: str) -> tuple[list[Span], Findings]:
    """One pass: where each message lies is kept, and counts of who is on them."""
    survey, spans = Survey(owner), []
    with _bar(export.stat().st_size) as progress:
        task = progress.task_ids[0]
        for span in mbox.spans(export, lambda n: progress.advance(task, n)):
            survey.add(mime.headers_of(MailFile("", span).opening()))
            spans.append(span)
    return spans, survey.findings()


@contextmanager
def _bar(size: int) -> Iterator[Progress]:
    columns = (TextColumn("{task.description:>10}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal) as progress:
        progress.add_task("read", total=size)
        yield progress


def _link(export: Path, place: Path, spans: Sequence[Span]) -> None:
    place.parent.mkdir(parents=True)
    place.symlink_to(export)
    mbox.remember(place, spans)


def _not_there(owner: str, findings: Findings) -> str:
    likely = ", ".join(f"{address} ({count})" for address, count in findings.likely_owners)
    hint = f"most of it was delivered to or sent from {likely}" if likely else "its emails say no owner"
    return f"ME={owner} is on no email of this export; {hint}."


def _tell_owner(findings: Findings) -> None:
    domain = domain_of(findings.owner)
    if is_public(domain):
        out.print(
            f"{domain} is a public mail service, so only your own addresses count as your company here."
            " The product itself is for Google Workspace accounts."
        )
    if findings.aliases:
        out.print(f"Also yours, by the mail you sent: {', '.join(findings.aliases)}.")


def _records(findings: Findings, people: Sequence[Person] | None) -> records.Records:
    if people is not None:
        own = {company_of(domain_of(a)) for a in (findings.owner, *findings.aliases)}
        crm = records.of_people(people, frozenset(d for d in own if d))
        out.print(f"Salesforce has {len(crm['Contact'])} contacts of {len(crm['Account'])} accounts from your CSV.")
        return crm
    companies = propose_companies(findings)
    if companies:
        out.print(_table(companies))
    else:
        out.print("No company's people are in this export, so Salesforce has no account here.")
    out.print("Have your own list? CONTACTS=export.csv takes one of Salesforce, HubSpot, Google or Outlook.")
    return records.of_companies(companies)


def _table(companies: Sequence[Company]) -> Table:
    table = Table("Salesforce account", "Domain", title="Accounts made from the people you write with")
    for name in ("You wrote", "They wrote"):
        table.add_column(name, justify="right")
    for company in companies:
        table.add_row(company.name, company.domain, str(company.written), str(company.heard))
    return table


def _world(findings: Findings, crm: records.Records) -> dict[str, Any]:
    """A public domain is no Workspace's: nobody else there is a colleague."""
    domain, name = domain_of(findings.owner), findings.name
    user = {"email": findings.owner, "name": name, "aliases": list(findings.aliases), "admin": True}
    return {
        "name": "Your own mail",
        "workspace": {
            "customer": "C0yours",
            "domains": [] if is_public(domain) else [{"name": domain, "primary": True, "aliases": []}],
            "users": [{**user, **({"language": findings.language} if findings.language != ENGLISH else {})}],
            "groups": [],
        },
        "salesforce": records.org_of(findings.owner, name, crm),
    }
