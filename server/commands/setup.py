"""keys, manifest, doctor: from an empty folder to a service that works."""

from __future__ import annotations

import json
import sys

import click

from addon.gallery import gallery
from server.bootstrap import create_keys
from server.commands.running import Source, out, reported
from server.engine.doctor import examine
from server.web.addon import deployment

UNWELL = 11
"""Exit code of a doctor with a finding."""


def commands(source: Source) -> list[click.Command]:
    return [_keys(source), _manifest(source), _cards(), _doctor(source)]


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
    @reported
    def command() -> None:
        """Print every card in every state, as JSON: for the demo's gallery, or Google's own card builder."""
        click.echo(json.dumps([{"name": name, "card": card} for name, card in gallery()]))

    return command


def _manifest(source: Source) -> click.Command:
    @click.command("manifest")
    @reported
    def command() -> None:
        """Print deployment.json for this service's PUBLIC_URL."""
        click.echo(json.dumps(deployment(source.settings()), indent=2))

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
