"""The operator's commands, registered on the Flask app."""

from __future__ import annotations

from flask import Flask

from server.commands import doubles, keeping, keys, mailboxes, org, refusals, setup, syncing
from server.commands.reports import coverage, explain, export, forecast, status, witness
from server.commands.running import Source


def register_commands(app: Flask, source: Source) -> None:
    """Each command builds the services when it runs; the end of the process closes them."""
    reports = (coverage, status, export, refusals, doubles, witness, explain)
    for module in (syncing, mailboxes, *reports, keeping, keys, org, setup, forecast):
        for command in module.commands(source):
            app.cli.add_command(command)
