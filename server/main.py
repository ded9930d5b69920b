"""WSGI entry: settings -> services -> app. ``flask --app server.main`` finds the operator's commands here too."""

from __future__ import annotations

import logging
import os

import click
from flask import Flask

from server.logs.configure import configure_logging
from server.web.app import create_app as create_app_from


def create_app() -> Flask:
    """A factory, so that importing this module does nothing. The environment is read here, and by gunicorn's logger."""
    # A command's own output is its report; what it does on the way is news only where something is wrong.
    is_command = click.get_current_context(silent=True) is not None
    configure_logging(os.environ, level=logging.WARNING if is_command else logging.INFO)
    return create_app_from(os.environ)
