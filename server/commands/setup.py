"""keys, manifest, watch, doctor: from an empty folder to a service that works."""

from __future__ import annotations

import json
import math
import sys

import click

from addon.gallery import gallery
from addon.texts import SHORT
from server.bootstrap import create_keys
from server.commands.running import Source, err, out, reported
from server.domain.errors import BadInputError, ConfigurationError, TransientError
from server.engine.mailboxes.watches import renew
from server.engine.operations.doctor import examine
from server.settings import NOWHERE
from server.web.addon import deployment

UNWELL = 11
"""Exit code of a doctor with a finding."""


def commands(source: Source) -> list[click.Command]:
    return [_keys(source), _manifest(source), _cards(), _watch(source), _doctor(source)]


def _keys(source: Source) -> click.Command:
    @click.command("keys")
    @reported
    def command() -> None:
        """Create the key files that are not there yet, in the folder KEYS. Nothing is ever overwritten."""
        folder = source.settings().keys
        create_keys(folder)
        out.print(f"The keys are in {folder}. Keep vault.private.pem with another user than the service's.")

    return command


def _cards() -> click.Command:
    @click.command("cards")
    @click.option("--reasons", "only_reasons", is_flag=True, help="Print the short text for each reason instead.")
    @reported
    def command(only_reasons: bool) -> None:
        """Print every card in every state, as JSON: for the demo's gallery, or Google's own card builder."""
        cards = [{"name": name, "card": card} for name, card in gallery()]
        click.echo(json.dumps(SHORT if only_reasons else cards))

    return command


def _manifest(source: Source) -> click.Command:
    @click.command("manifest")
    @reported
    def command() -> None:
        """Print deployment.json for this service's PUBLIC_URL."""
        settings = source.settings()
        if settings.public_url == NOWHERE:
            raise ConfigurationError("PUBLIC_URL is not set: the manifest names the addresses that Google calls.")
        click.echo(json.dumps(deployment(settings), indent=2))

    return command


def _watch(source: Source) -> click.Command:
    @click.command("watch")
    @reported
    def command() -> None:
        """Ask Gmail to push, for every mailbox that is due. The running service does this by itself."""
        services = source.get()
        if services.ports.watch is None:
            raise BadInputError("Push is off. Set PUBSUB_TOPIC, then sync once, then ask again.")
        done = renew(services.ports, patience=math.inf)
        out.print(f"{done.renewed} mailboxes are watched anew, {done.stopped} no longer.")
        for mailbox_id, cause in sorted(done.troubled.items()):
            mailbox = services.ports.store.mailbox(mailbox_id)
            err.print(f"{mailbox.address if mailbox else mailbox_id} is not ({cause}). It is tried again in an hour.")
        if done.troubled:
            sys.exit(TransientError.exit_code)

    return command


def _doctor(source: Source) -> click.Command:
    @click.command("doctor")
    @reported
    def command() -> None:
        """Check the set-up and say what to mend."""
        services = source.get()
        is_well = True
        for finding in examine(services.ports, is_encrypted_at_rest=services.settings.state.startswith("firestore:")):
            out.print(f"{'ok  ' if finding.is_good else 'LOOK'}  {finding.what}: {finding.text}")
            is_well = is_well and finding.is_good
        if not is_well:
            sys.exit(UNWELL)

    return command
