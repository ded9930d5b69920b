"""cards, manifest, watch, doctor, first-day: from an empty folder to a service that works."""

from __future__ import annotations

import json
import math
import sys
from itertools import chain
from pathlib import Path

import click

from addon.gallery import gallery
from addon.texts import SHORT
from server.commands.running import ExitCode, Source, report_errors, stderr, stdout
from server.domain.errors import BadInputError, ConfigurationError, TransientError
from server.engine.operations.first_day import CONTENTS
from server.settings import NOWHERE, Settings
from server.web.addon import deployment

BUNDLE = "first-day.json"


def commands(source: Source) -> list[click.Command]:
    return [_manifest(source), _cards(), _watch(source), _doctor(source), _first_day(source)]


def _cards() -> click.Command:
    @click.command("cards")
    @click.option("--reasons", "only_reasons", is_flag=True, help="Print the short text for each reason instead.")
    @report_errors
    def command(only_reasons: bool) -> None:
        """Print every card in every state, as JSON: for the demo's gallery, or Google's own card builder."""
        cards = [{"name": name, "card": card} for name, card in gallery()]
        click.echo(json.dumps(SHORT if only_reasons else cards))

    return command


def _manifest(source: Source) -> click.Command:
    @click.command("manifest")
    @report_errors
    def command() -> None:
        """Print deployment.json for this service's PUBLIC_URL."""
        settings = source.settings()
        if settings.public_url == NOWHERE:
            raise ConfigurationError("PUBLIC_URL is not set: the manifest names the addresses that Google calls.")
        click.echo(json.dumps(deployment(settings), indent=2))

    return command


def _watch(source: Source) -> click.Command:
    @click.command("watch")
    @report_errors
    def command() -> None:
        """Ask Gmail to push, for every mailbox that is due. The running service does this automatically."""
        services = source.get()
        if services.ports.watch is None:
            raise BadInputError("Push is off. Set PUBSUB_TOPIC, run sync once, then run watch again.")
        # The person at the keyboard decides how long to wait.
        renewals = services.rooms.watches.renew(patience=math.inf)
        stdout.print(f"Renewed {renewals.renewed} watches, stopped {renewals.stopped}.")
        for mailbox_id, cause in sorted(renewals.troubled.items()):
            mailbox = services.ports.store.mailbox(mailbox_id)
            name = mailbox.address if mailbox else mailbox_id
            stderr.print(f"The watch of {name} could not be changed ({cause}). We try again in an hour.")
        if renewals.troubled:
            sys.exit(TransientError.exit_code)

    return command


def _doctor(source: Source) -> click.Command:
    @click.command("doctor")
    @click.option("--probe", is_flag=True, help="Also insert, find, move and delete one activity in Salesforce.")
    @report_errors
    def command(probe: bool) -> None:
        """Check the set-up and say what to fix."""
        is_well, doctor = True, source.get().rooms.doctor
        for finding in chain(doctor.examine(), doctor.probe() if probe else ()):
            word = "LOOK" if not finding.is_good else "note" if finding.is_note else "ok  "
            stdout.print(f"{word}  {finding.what}: {finding.text}")
            is_well = is_well and finding.is_good
        if not is_well:
            sys.exit(ExitCode.UNWELL)

    return command


def _first_day(source: Source) -> click.Command:
    @click.command("first-day")
    @click.option("--to", "path", default=BUNDLE, type=click.Path(dir_okay=False, path_type=Path), show_default=True)
    @report_errors
    def command(path: Path) -> None:
        """Ask the real Google and the real org what they are like, and write the answers to a file that names nobody.

        Nothing is written to Gmail or Salesforce. Our own state notes which Workspace and which org answered, the quota
        units, and alarms.
        """
        # Before anything is asked: answers that cannot be written are lost.
        try:
            path.open("x").close()
        except FileExistsError:
            raise BadInputError(f"{path} is there already. Name another file with --to.") from None
        except OSError as error:
            raise BadInputError(f"{path} cannot be written: {error.strerror}.") from None
        try:
            services = source.get()
            answers = []
            for answer in services.first_day.answers():
                answers.append(answer)
                word, code = ("LOOK", f" {answer.status} {answer.reason}") if answer.reason else ("ok  ", "")
                stdout.print(f"{word}  {answer.question}{code}", soft_wrap=True)
            bundle = services.first_day.make_bundle(answers, services.settings, Settings.list_defaults())
            path.write_text(json.dumps(bundle, indent=2) + "\n", encoding="utf-8")
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        stdout.print(f"{path} has {len(answers)} answers. It holds {CONTENTS}.", soft_wrap=True)
        stdout.print("Read it before you send it with a bug report.")

    return command
