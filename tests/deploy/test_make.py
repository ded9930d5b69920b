"""What is typed behind ``make deploy`` reaches the deployment, all of it, and as it was typed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from deploy.choices import DEPLOYMENT_ONLY
from tests.support.upload import ROOT


@pytest.fixture
def make(tmp_path, given):
    """Runs the real make in a folder of the test, with this Python in place of its own, and a plan that asks nobody."""
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    python = tmp_path / "venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    for name in ("requirements.txt", "requirements-dev.txt", "venv/.installed"):
        (tmp_path / name).touch()
    settings = tmp_path / "settings.env"
    settings.write_text("".join(f"{name}={value}\n" for name, value in given.items()))

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", "-f", str(ROOT / "Makefile"), "deploy", "PLAN=1", f"SETTINGS={settings}", f"VENV={tmp_path / 'venv'}", *words],
            cwd=tmp_path, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    run.folder = tmp_path
    return run


def test_every_setting_behind_make_reaches_the_deployment(make):
    done = make(
        "WORKER_INSTANCES=8",
        "SIDEBAR_INSTANCES=12",
        "OPERATORS=user:olga@acme.example group:ops@acme.example",
        "COPY_OPENERS=user:otto@acme.example",
        "BACKUP_RETENTION=7d",
        "KEY_PROTECTION=software",
        "FIRESTORE_LOCATION=eur3",
        "BACKFILL_MONTHS=7",
        'DONT_LOG_LABEL=Don\'t "log" $HOME `id`',
    )

    assert (done.returncode, done.stderr) == (0, "")
    for words in ("user:olga@acme.example", "group:ops@acme.example", "user:otto@acme.example", "--retention=7d",
                  "--protection-level=software", "--location=eur3"):  # fmt: skip
        assert words in done.stdout
    assert "user:ann@acme.example" not in done.stdout
    app, worker = ((make.folder / "build/deploy/service" / name).read_text() for name in ("app.yaml", "worker.yaml"))
    assert "max_instances: 12" in app
    assert "max_instances: 8" in worker
    assert 'BACKFILL_MONTHS: "7"' in app
    assert r'''DONT_LOG_LABEL: "Don't \"log\" $HOME `id`"''' in app


def test_what_is_typed_wins_over_the_environment_and_that_over_the_file(make):
    done = make("REGION=europe-west1", REGION="europe-west4", BACKUP_RETENTION="9d")

    assert (done.returncode, done.stderr) == (0, "")
    assert "--location=europe-west1" in done.stdout
    assert "europe-west4" not in done.stdout
    assert "europe-west3" not in done.stdout
    assert "--retention=9d" in done.stdout


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("WORKER_INSTANCE=8", "WORKER_INSTANCE is no setting of the service or of the deployment."),
        ("PORT=8080", "PORT is no setting of the service or of the deployment."),
        ("operators=user:a@b.c", "operators is no setting: names are written in capital letters."),
        ("STATE=sqlite:x", "STATE follows from the project: remove it."),
    ],
)
def test_what_is_unknown_is_refused_by_name(make, word, sentence):
    done = make(word)
    assert done.returncode == 2
    assert f"Error: {sentence}\n" in done.stderr
    assert "gcloud" not in done.stdout


def test_the_makefile_lists_all_settings_of_the_deployment(given):
    """From the environment it takes no others than these and what an operator has to fill in."""
    text = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    [line] = [line for line in text.splitlines() if line.startswith("DEPLOYED := ")]
    names = line.removeprefix("DEPLOYED := ").split()
    assert len(names) == len(set(names))
    assert set(DEPLOYMENT_ONLY) <= set(names)
    assert set(names) - set(DEPLOYMENT_ONLY) == set(given) - set(DEPLOYMENT_ONLY) - {"DISCLOSURE"}
