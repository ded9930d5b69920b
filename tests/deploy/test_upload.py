"""What is uploaded: no key, no state, no export, and all that the service needs to start."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from deploy.gcloud import DeployError
from deploy.upload import copy_uploads, list_uploads
from server.bootstrap import create_keys
from tests.support.upload import ROOT, ask_gcloud, copy_clone

LYING_ABOUT = (
    ".env", ".env.production", "keys/hash.key", "keys/work.key", "keys/vault.private.pem", "keys/vault.public.pem",
    "salesforce.pem", "private.key", "service-account.json", "truly-service-account.json", "credentials.json",
    "client_secret_1.json", "truly.sqlite3", "truly.sqlite3-wal", "truly.sqlite3-shm", "truly.sqlite3.holders/1", "state/truly.sqlite3",
    "export.json", "exports/ledger.json", "copy.eml", "Takeout.mbox", "build/bench.json", "build/deploy/app.yaml", "deploy/settings.env",
    "server/keys/vault.private.pem", "server/truly.sqlite3", "server/.env", "server/web/static/salesforce.pem", "server/service-account.json",
    "addon/notes.txt", "lists/customers.csv", "lists/customers.txt", "server/data/local.toml", "lists/keys/hash.key", ".git/config", ".venv/pyvenv.cfg", "venv/lib/site.py",
    "node_modules/x/index.js", "new-file-at-the-top.py", "requirements.txt.bak", "server/x.py.swp", "server/__pycache__/x.cpython-313.pyc",
)  # fmt: skip
"""Files as they lie about on an operator's machine. None of them may travel."""
UNSEEN_BY_GIT = (".env", "keys/hash.key", "salesforce.pem", "private.key", "service-account.json", "truly.sqlite3",
                 "truly.sqlite3-wal", "truly.sqlite3.holders/1", "exports/ledger.json", "Takeout.mbox", "deploy/settings.env",
                 "server/keys/vault.private.pem", "server/truly.sqlite3")  # fmt: skip
"""Those among them that ``git add .`` must leave alone too."""


SETTINGS = {
    "ORGANISATION": "acme", "GOOGLE_ADMIN": "ann@acme.example", "GOOGLE_DELEGATE": "d@p.iam.gserviceaccount.com",
    "SALESFORCE_DOMAIN": "acme.my", "SALESFORCE_CONSUMER_KEY": "key", "SALESFORCE_CONSUMER_SECRET": "secret",
    "PUBLIC_URL": "https://acme.example",
}  # fmt: skip
"""What names a Workspace and an org."""


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = copy_clone(tmp_path_factory.mktemp("clone"))
    for name in LYING_ABOUT:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("secret")
    (folder / "server" / "linked").symlink_to(folder / "keys")
    return folder


@pytest.fixture(scope="module")
def instance(clone, tmp_path_factory):
    """An instance's disk."""
    folder = tmp_path_factory.mktemp("instance")
    copy_uploads(clone, folder)
    return folder


def run_python(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """In the folder, without the repository on Python's path and without the environment of the tests."""
    environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **SETTINGS}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_nothing_that_lies_about_is_uploaded(clone):
    uploads = list_uploads(clone)

    assert set(uploads) & set(LYING_ABOUT) == set()
    assert [name for name in uploads if (clone / name).read_text(errors="ignore") == "secret"] == []
    assert {Path(name).parts[0] for name in uploads} == {
        "addon",
        "server",
        "lists",
        "requirements.txt",
        "gunicorn.conf.py",
    }
    assert {Path(name).suffix for name in uploads} <= {".py", ".txt", ".png", ".html", ".css", ".toml"}


@pytest.fixture
def small(tmp_path):
    """A clone of git with one file of each folder that travels."""
    folder = tmp_path / "small"
    for name in ("server/main.py", "addon/home.py", "lists/relays.txt", "server/data/prices.toml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x = 1\n")
    (folder / ".gcloudignore").write_text((ROOT / ".gcloudignore").read_text())
    track(folder)
    return folder


def track(folder: Path) -> None:
    """Adds all that is there."""
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)


def test_what_git_does_not_track_is_refused_with_its_name(small, tmp_path):
    (small / "server" / "secrets.py").write_text("PASSWORD = 1\n")
    (small / "lists" / "intakes.txt").write_text("anna@customer.example\n")

    with pytest.raises(DeployError) as caught:
        copy_uploads(small, tmp_path / "out")

    lines = str(caught.value).splitlines()
    assert [line.split()[0] for line in lines] == ["lists/intakes.txt", "server/secrets.py"]
    assert "git does not track it" in lines[0]
    assert "customer" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("is_tracked", [True, False])
def test_a_link_to_a_key_does_not_travel(small, tmp_path, is_tracked):
    (small / "keys").mkdir()
    (small / "keys" / "hash.key").write_text(f"1 {'a' * 64}\n")
    (small / "lists" / "intakes.txt").symlink_to("../keys/hash.key")
    if is_tracked:
        track(small)

    with pytest.raises(DeployError, match=r"lists/intakes.txt is a link"):
        copy_uploads(small, tmp_path / "out")


def test_a_link_to_a_folder_is_not_followed(small, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "private.py").write_text("x = 1\n")
    (small / "server" / "loop").symlink_to("..")
    (small / "server" / "away").symlink_to(tmp_path / "elsewhere")

    names = ["addon/home.py", "lists/relays.txt", "server/data/prices.toml", "server/main.py"]
    assert copy_uploads(small, tmp_path / "out") == names
    assert sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*")) == names


@pytest.mark.parametrize("is_clone", [True, False])
@pytest.mark.parametrize(
    "content",
    [
        "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n",
        "# ours\n-----BEGIN RSA PRIVATE KEY-----\nMII\n",
        f"1 {'ab' * 32}\n",
        f"# older\r\n{'ab' * 32}\r\n",
        '{"type": "service_account", "project_id": "p"}',
        "key = {'private_key': 'x'}",
    ],
)
def test_what_looks_like_a_key_stops_the_deployment(small, tmp_path, content, is_clone):
    (small / "lists" / "relays.txt").write_bytes(content.encode())
    if not is_clone:
        shutil.rmtree(small / ".git")

    with pytest.raises(DeployError, match=r"lists/relays.txt would travel, and it looks like a key") as caught:
        copy_uploads(small, tmp_path / "out")
    assert len(str(caught.value).splitlines()) == 1
    assert "ab" * 32 not in str(caught.value)


def test_a_repository_further_up_says_nothing(small, tmp_path):
    shutil.rmtree(small / ".git")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)

    assert len(copy_uploads(small, tmp_path / "out")) == 4


def test_a_git_that_refuses_to_answer_stops_the_deployment(small, tmp_path):
    (small / ".git" / "index").write_bytes(b"no index")

    with pytest.raises(DeployError, match="Which files git tracks is not known"):
        copy_uploads(small, tmp_path / "out")


@pytest.mark.gcloud
def test_gcloud_uploads_the_same(clone, tmp_path):
    assert ask_gcloud(clone, tmp_path) == list_uploads(clone)


ALL = ("app/b.py", "app/c.pem", "app/d/e.py", "app/d/f.pem", "top.py")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", ALL),
        ("*.pem", ("app/b.py", "app/d/e.py", "top.py")),
        ("app/", ("top.py",)),
        ("/*\n!app/b.py", ()),  # the folder itself is ignored
        ("/*\n!/app/", ALL[:4]),
        ("/*\n/app/**\n!/app/", ()),
        ("/*\n/app/**\n!/app/\n!/app/**/*.py", ("app/b.py",)),
        ("/*\n/app/**\n!/app/\n!/app/**/*/\n!/app/**/*.py", ("app/b.py", "app/d/e.py")),
        ("/top.py\n# a comment\n\n", ALL[:4]),
    ],
)
@pytest.mark.gcloud
def test_our_reading_of_the_syntax_is_gclouds(tmp_path, lines, expected):
    folder, config = tmp_path / "clone", tmp_path / "config"
    config.mkdir()
    for name in ALL:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    (folder / ".gcloudignore").write_text(lines + "\n.gcloudignore\n")

    assert list_uploads(folder) == list(expected)
    assert ask_gcloud(folder, config) == list(expected)


@pytest.mark.gcloud
def test_a_lone_star_does_not_close_the_folders_for_gcloud(tmp_path):
    """Why .gcloudignore has a line for each folder: with this one a key in a folder would travel."""
    folder, config = tmp_path / "clone", tmp_path / "config"
    config.mkdir()
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "c.pem").write_text("x")
    (folder / ".gcloudignore").write_text("*\n!/app/\n!/app/*.py\n")

    assert ask_gcloud(folder, config) == ["app/c.pem"]
    assert list_uploads(folder) == []


def test_git_leaves_keys_and_state_alone(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text((ROOT / ".gitignore").read_text())
    ignored = subprocess.run(
        ["git", "check-ignore", *UNSEEN_BY_GIT], cwd=tmp_path, capture_output=True, text=True, check=False
    ).stdout.split()

    assert ignored == list(UNSEEN_BY_GIT)


def test_no_committed_file_is_one_that_git_ignores():
    listed = subprocess.run(
        ["git", "ls-files", "-ci", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert listed.stdout == ""


def test_what_is_uploaded_has_every_module_of_service_and_addon(clone):
    sources = {path.relative_to(ROOT).as_posix() for top in ("addon", "server") for path in (ROOT / top).rglob("*.py")}
    assert len(sources) > 150
    assert sources <= set(list_uploads(clone))


def test_what_the_service_reads_beside_its_modules_travels_too(clone):
    committed = subprocess.run(
        ["git", "ls-files", "server", "addon"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert set(committed) <= set(list_uploads(clone))


def test_the_service_starts_from_what_is_uploaded(instance):
    code = (
        "import json, server.main; app = server.main.create_app(); client = app.test_client();"
        "print(json.dumps([client.get('/healthz').get_json(), client.get('/privacy').status_code, client.get('/static/pages.css').status_code]))"
    )
    answer = run_python(instance, code)

    assert "Traceback" not in answer.stderr
    assert json.loads(answer.stdout) == [{"status": "ok"}, 200, 200]


def test_gunicorn_serves_what_is_uploaded_on_the_port_that_it_is_told(instance, tmp_path):
    """As App Engine and Cloud Run start it: the port in PORT, and not one file beside those that travelled."""
    create_keys(tmp_path / "keys")
    environment = {
        "PATH": os.environ["PATH"], "PORT": str(find_free_port()), "PYTHONDONTWRITEBYTECODE": "1", "ROLE": "sidebar", "LOG_FORMAT": "json",
        **SETTINGS, "STATE": f"sqlite:{tmp_path / 'truly.sqlite3'}", "KEYS": str(tmp_path / "keys"),
    }  # fmt: skip
    before = sorted(path for path in instance.rglob("*") if path.is_file())
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "server.main:create_app()"]
    log = tmp_path / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=instance, env=environment, stdout=out, stderr=out) as process,
    ):
        try:
            assert wait_for(f"http://127.0.0.1:{environment['PORT']}/_ah/warmup") == 200, log.read_text()
            assert wait_for(f"http://127.0.0.1:{environment['PORT']}/readyz") == 200
        finally:
            process.terminate()
            assert process.wait(30) == 0
    assert sorted(path for path in instance.rglob("*") if path.is_file()) == before


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> int:
    """The status, once somebody listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            time.sleep(0.1)
    return 0


def test_the_commands_run_from_what_is_uploaded(instance):
    code = (
        "import json, server.main; runner = server.main.create_app().test_cli_runner();"
        "print(json.dumps([runner.invoke(args=a).stdout for a in (['cards'], ['manifest'], ['forecast', '--mailboxes', '10', '--json'])]))"
    )
    answer = run_python(instance, code)

    assert answer.stderr == ""
    cards, manifest, forecast = map(json.loads, json.loads(answer.stdout))
    assert len(cards) > 10
    assert forecast
    assert "https://acme.example/addon/open" in json.dumps(manifest)


def test_every_module_of_the_service_can_be_imported_from_what_is_uploaded(instance):
    code = (
        "import importlib, pathlib, sys\n"
        "for path in sorted([*pathlib.Path('server').rglob('*.py'), *pathlib.Path('addon').rglob('*.py')]):\n"
        "    importlib.import_module('.'.join(path.with_suffix('').parts).removesuffix('.__init__'))\n"
        "from server.rules.headers.listed_names import public_mail_entries, relay_entries\n"
        "from server.rules.headers import known_addresses\n"
        "print(len(public_mail_entries()) > 1000, len(relay_entries()) > 10)"
    )
    answer = run_python(instance, code)

    assert (answer.stdout, answer.stderr) == ("True True\n", "")


def test_the_lists_that_the_service_reads_travel(instance):
    read = set(re.findall(r'read_list\("(\w+)"\)', "".join(p.read_text() for p in (ROOT / "server").rglob("*.py"))))
    assert read == {"relays", "public_mail", "intakes"}
    assert {path.stem for path in (instance / "lists").iterdir()} >= read
