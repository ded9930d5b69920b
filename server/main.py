"""WSGI entry: settings -> services -> app. ``flask --app server.main`` finds the operator's commands here too."""

from __future__ import annotations

import os

from flask import Flask

from server.web.app import create_app as create_app_from


def create_app() -> Flask:
    """A factory, so that importing this module does nothing. The one place where the environment is read."""
    return create_app_from(os.environ)
