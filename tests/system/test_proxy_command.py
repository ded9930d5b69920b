"""The command that opens the simulator to any client: what it needs, and what it answers for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from simulator.tls_proxy import TlsProxy
from tests.support.demo import ROOT, WORLD
from tests.support.foreign import running

pytestmark = pytest.mark.slow


def refused(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", "--world", str(WORLD), *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True, timeout=60)


def test_each_host_answers_for_itself_and_no_other_does(tmp_path: Path) -> None:
    with running(WORLD, tmp_path) as world, requests.Session() as session:
        session.trust_env = False
        session.proxies, session.verify = {"https": world.proxy}, str(world.ca)
        gmail = session.get("https://gmail.googleapis.com/gmail/v1/users/me/profile", timeout=20)
        salesforce = session.get("https://acme.my.salesforce.com/services/data/v67.0/limits", timeout=20)
        certificates = session.get("https://www.googleapis.com/oauth2/v1/certs", timeout=20)
        token = session.post("https://oauth2.googleapis.com/token", {"grant_type": "none"}, timeout=20)
        with pytest.raises(requests.exceptions.ProxyError):
            session.get("https://example.com/", timeout=20)
    assert (gmail.status_code, gmail.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
    assert (salesforce.status_code, salesforce.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")
    assert "BEGIN CERTIFICATE" in next(iter(certificates.json().values()))
    assert token.json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize("alone", [("--tls-proxy", "0"), ("--ca", "ca.pem")])
def test_the_proxy_and_its_certificate_go_together(tmp_path: Path, alone: tuple[str, str]) -> None:
    done = refused(tmp_path, *alone)
    assert done.returncode == 2
    assert "--tls-proxy and --ca go together" in done.stderr


def test_a_proxy_that_cannot_be_is_one_sentence_and_exit_4(tmp_path: Path) -> None:
    taken = TlsProxy(0)
    ports = {taken.url.rpartition(":")[2]: "in use", "70000": "port must be"}
    for port, words in ports.items():
        done = refused(tmp_path, "--tls-proxy", port, "--ca", "ca.pem")
        assert (done.returncode, done.stderr.count("\n")) == (4, 1)
        assert words in done.stderr
    done = refused(tmp_path, "--tls-proxy", "0", "--ca", "nowhere/ca.pem")
    assert (done.returncode, "No such file" in done.stderr) == (4, True)
    taken.close()
