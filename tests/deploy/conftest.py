"""An operator's choices, and a deployment of this repository into a folder of the test."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deploy import plan, services
from deploy.choices import Choices
from deploy.gcloud import Answer
from deploy.plan import deploy
from deploy.upload import check_uploads
from tests.support.gcloud_project import FakeProject

Deploy = Callable[..., list[str]]


def make_pem() -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).strip()


PEM = make_pem()
"""The key of Salesforce's certificate."""
INSIDE_PEM = PEM.splitlines()[1]


@lru_cache
def check_once(folder: Path) -> list[str]:
    """The repository does not change during the tests, and every file of it is read for that."""
    return check_uploads(folder)


@pytest.fixture
def given(tmp_path):
    """What an operator fills in."""
    (tmp_path / "salesforce.pem").write_bytes(PEM + b"\n")
    return {
        "PROJECT": "truly-acme",
        "REGION": "europe-west3",
        "ORGANISATION": "acme",
        "GOOGLE_ADMIN": "ann@acme.example",
        "SALESFORCE_DOMAIN": "acme.my",
        "SALESFORCE_CONSUMER_KEY": "key",
        "SALESFORCE_USERNAME": "sync@acme.example",
        "SALESFORCE_KEY": str(tmp_path / "salesforce.pem"),
        "COPY_OPENERS": "user:dpo@acme.example",
        "OPERATORS": "user:ann@acme.example group:it@acme.example",
        "DISCLOSURE": "subject",
    }


@pytest.fixture
def project():
    return FakeProject()


@pytest.fixture
def deploy_into(given, tmp_path, monkeypatch) -> Deploy:
    """Deploys to a project of ours without asking, and returns what was said. Files are written below ``tmp_path``."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    built: dict[str, str] = {}

    def build_once(root, target, files):
        # The folder is copied once a test: what is in it does not change, and a copy takes a second.
        key = repr(sorted(files.items()))
        if key not in built or not target.is_dir():
            built[key] = original(root, target, files)
        for name, text in files.items():
            (target / name).write_text(text)
        return built[key]

    original = services.build_service
    monkeypatch.setattr(services, "build_service", build_once)
    monkeypatch.setattr(plan, "check_uploads", check_once)

    def run(project: FakeProject, *, only_plan: bool = False, confirm: bool = True, **changed: str) -> list[str]:
        said: list[str] = []
        deploy(
            Choices.of({**given, **changed}),
            only_plan=only_plan,
            confirm=lambda: confirm,
            say=said.append,
            run=lambda args, stdin: Answer(*project.run(args, stdin)),
            sleep=lambda _seconds: None,
        )
        return said

    return run
