"""The operator's commands over a small world, in this process."""

from __future__ import annotations

import json

import pytest
from click.testing import Result

from server.web.app import create_app
from simulator.faults import Fault
from simulator.mailfiles import MailFile
from tests.support.package import PROJECT
from tests.support.pushing import TOPIC, Pushing
from tests.support.scene import MakeScene, Scene, eml, forget, small_world


def run(scene: Scene, *arguments: str, **settings: str) -> Result:
    app = create_app({**scene.source, **settings}, None if settings else scene.services)
    return app.test_cli_runner().invoke(args=list(arguments))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"GOOGLE_ADMIN": ""}, "GOOGLE_ADMIN is not set."),
        ({"GOOGLE_ADMIN": "nobody"}, "GOOGLE_ADMIN must be an address such as ann@acme.com."),
        ({"BACKFILL_MONTHS": "many"}, "BACKFILL_MONTHS must be a number of months, or all."),
        ({"STATE": "mysql:x"}, "STATE must be sqlite:FILE or firestore:PROJECT."),
        ({"STATE": "sqlite:/nowhere/at/all/s.sqlite3"}, "a folder that does not exist"),
        ({"KEYS": "/nowhere"}, "KEYS names a folder that does not exist"),
        ({"SIMULATOR_URL": "http://127.0.0.1:1"}, "but ENVIRONMENT is production"),
        ({"ENVIRONMENT": "simulator", "SIMULATOR_URL": "https://evil.example"}, "must be an address on this machine"),
        ({"SALESFORCE_USERNAME": ""}, "SALESFORCE_PRIVATE_KEY_FILE needs SALESFORCE_USERNAME."),
        ({"GOOGLE_SERVICE_ACCOUNT_FILE": "/nowhere.json"}, "a file that is not there"),
        ({"WORKERS": "0"}, "WORKERS must be at least 1."),
        ({"BACKFILL_MONTHS": "1" + "0" * 400}, "BACKFILL_MONTHS must be a number of months, or all."),
        ({"NEW_MAILBOX_STAGE": "draining"}, "NEW_MAILBOX_STAGE must be off, dry_run or live."),
        ({"ENVIRONMENT": "simulator", "SIMULATOR_URL": "http://[::1"}, "must be an address on this machine"),
    ],
)
def test_a_wrong_setting_is_one_sentence_and_exit_3(scene: Scene, settings: dict[str, str], words: str) -> None:
    done = run(scene, "sync", **settings)
    assert done.exit_code == 3
    assert words in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize("name", ["KEYS", "GOOGLE_SERVICE_ACCOUNT_FILE", "SALESFORCE_PRIVATE_KEY_FILE"])
def test_a_key_that_was_pasted_in_place_of_its_path_is_not_repeated(scene: Scene, name: str) -> None:
    done = run(scene, "doctor", **{name: 32 * "5e"})
    assert done.exit_code == 3
    assert f"{name} names a f" in done.stderr
    assert "5e5e" not in done.output


def test_all_problems_are_told_at_once(scene: Scene) -> None:
    done = run(scene, "sync", GOOGLE_ADMIN="", POLL_SECONDS="soon", MATCH_LEADS="perhaps")
    assert done.exit_code == 3
    assert done.stderr.count("Error: ") == 3


@pytest.mark.parametrize("name", ["vault.public.pem", "work.key", "hash.key"])
def test_a_broken_key_file_is_named(scene: Scene, name: str) -> None:
    (scene.folder / "keys" / name).write_text("not a key")
    done = run(scene, "sync", WORKERS="1")
    assert done.exit_code == 3
    assert name in done.stderr


@pytest.mark.parametrize(
    ("name", "words"), [("account.json", "GOOGLE_SERVICE_ACCOUNT_FILE"), ("state.sqlite3", "not a SQLite database")]
)
def test_a_broken_file_is_named(scene: Scene, name: str, words: str) -> None:
    scene.services.close()
    for path in scene.folder.glob("state.sqlite3*"):
        if path.is_file():
            path.unlink()
    (scene.folder / name).write_text("something else entirely " * 100)
    done = run(scene, "sync", WORKERS="1")
    assert done.exit_code == 3
    assert words in done.stderr


@pytest.mark.parametrize(
    ("setting", "content"),
    [
        ("SALESFORCE_PRIVATE_KEY_FILE", b""),
        ("SALESFORCE_PRIVATE_KEY_FILE", b"{}"),
        ("SALESFORCE_PRIVATE_KEY_FILE", b"\xff\xfe"),
        ("SALESFORCE_PRIVATE_KEY_FILE", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
        ("GOOGLE_SERVICE_ACCOUNT_FILE", b"[1]"),
        ("GOOGLE_SERVICE_ACCOUNT_FILE", b"{}"),
        ("GOOGLE_SERVICE_ACCOUNT_FILE", b"\xff\xfe"),
        ("GOOGLE_SERVICE_ACCOUNT_FILE", b"[" * 100_000),
        ("GOOGLE_SERVICE_ACCOUNT_FILE", b'{"client_email": "a", "token_uri": "b", "private_key": 5}'),
    ],
)
def test_a_file_of_something_else_is_found_at_the_start(scene: Scene, setting: str, content: bytes) -> None:
    path = scene.folder / "odd"
    path.write_bytes(content)
    done = run(scene, "sync", **{setting: str(path)})
    assert done.exit_code == 3
    assert done.stderr.startswith(f"Error: {setting}")
    assert done.stderr.count("\n") == 1


def test_a_bug_of_ours_is_one_sentence_that_quotes_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("SELECT Id FROM Contact WHERE Email = 'ada@byron.example'")

    monkeypatch.setattr("server.engine.operations.doctor.registry.Doctor.examine", broken)
    done = scene.flask("doctor")
    assert done.code == 70
    assert "RuntimeError" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "ada@" not in done.output


def test_a_mailbox_setting_that_names_nobody_is_told(scene: Scene) -> None:
    scene.restart(MAILBOXES="zoe@acme.example, b@acme.example")
    done = scene.flask("sync")
    assert done.code == 0
    assert "MAILBOXES names zoe@acme.example, an address that is not in" in " ".join(done.stderr.split())
    assert "b@acme.example" not in done.stderr


def test_doctor_names_each_missing_salesforce_field(make_scene: MakeScene) -> None:
    scene = make_scene(small_world({"activity_fields": False}))
    done = scene.flask("doctor")
    assert done.code == 11
    assert "Task.Message_Key__c" in done.stdout
    assert "Install the package" in done.stdout
    assert "no object Sync_Coverage__c" in done.stdout


def test_doctor_notes_what_stays_empty_and_does_not_call_it_ok(make_scene: MakeScene) -> None:
    said = make_scene(small_world()).flask("doctor").stdout
    lines = said.splitlines()
    assert [line for line in lines if line.startswith("note  Salesforce reports: Salesforce has no object")]
    assert [line for line in lines if line.startswith("note  Push: Off")]


def test_a_new_process_asks_salesforce_once_for_the_orgs_calls(scene: Scene) -> None:
    figures = json.loads(run(scene, "status", "--json").stdout)
    assert figures["salesforce_allowed"] == scene.universe.org.daily_limit
    assert figures["salesforce_background_percent"] == 80


def test_status_says_where_salesforce_says_nothing(scene: Scene) -> None:
    scene.universe.faults.plan(Fault("salesforce", "limits", "503", times=-1))
    done = run(scene, "status")
    assert done.exit_code == 0
    assert "not known: run doctor" in " ".join(done.stdout.split())


def test_coverage_counts_and_export_agrees(scene: Scene) -> None:
    scene.deliver("ann@acme.example", eml())
    scene.sync()
    assert scene.flask("coverage").code == 0
    assert scene.flask("export", str(scene.folder / "out.json")).code == 0
    ledger = json.loads((scene.folder / "out.json").read_text())
    assert ledger["coverage"]["ann@acme.example"]["logged"] == 1
    assert [m["reason"] for m in ledger["messages"]] == ["contact_match"]


def test_coverage_writes_all_days_to_salesforce(make_scene: MakeScene) -> None:
    scene = make_scene(small_world({"package": str(PROJECT)}))
    for day in (1, 2, 30):
        scene.deliver("ann@acme.example", eml(subject=str(day), date=f"Tue, {day:02} Jun 2026 09:00:00 +0000"))
    scene.sync()
    done = scene.flask("coverage", "--publish")
    assert (done.code, done.stderr) == (0, "")
    rows = scene.universe.org.everything("TrulyActivity__Sync_Coverage__c")
    assert f"{len(rows)} days written to Salesforce." in done.stdout
    assert sum(row["TrulyActivity__Logged__c"] for row in rows) == 3


def test_coverage_cannot_be_written_where_the_package_is_not_installed(scene: Scene) -> None:
    scene.deliver("ann@acme.example", eml())
    scene.sync()
    done = scene.flask("coverage", "--publish")
    assert done.code == 4
    assert "Install the package" in done.stderr


def test_a_message_without_a_row_is_exit_9_named_and_read_next_time(scene: Scene) -> None:
    lost = scene.deliver("ann@acme.example", eml())
    scene.sync()
    forget(scene, "ann@acme.example", lost)
    done = scene.flask("coverage", "--days")
    assert done.code == 9
    assert lost in done.stderr
    assert "run sync" in done.stderr
    assert "2026-09-14" in done.stdout
    scene.sync()
    assert scene.flask("coverage").code == 0


def test_mail_that_just_arrived_is_not_missing(scene: Scene) -> None:
    scene.sync()
    scene.deliver("ann@acme.example", eml())
    assert scene.flask("coverage").code == 0


def test_dry_run_shows_and_writes_nothing_then_live_logs(scene: Scene) -> None:
    scene.restart(NEW_MAILBOX_STAGE="dry_run")
    scene.deliver("ann@acme.example", eml())
    scene.sync()
    assert scene.tasks() == []
    shown = scene.flask("dry-run")
    assert "contact_match" in shown.stdout
    assert "1 activities would be added to Salesforce: 2 KB of its data storage." in shown.stdout
    assert scene.flask("mailbox", "ann@acme.example", "--stage", "live").code == 0
    scene.sync()
    assert len(scene.tasks()) == 1


def test_backfill_logs_what_was_too_old(scene: Scene) -> None:
    scene.restart(BACKFILL_MONTHS="1")
    old = scene.deliver("ann@acme.example", eml(date="Mon, 01 Jun 2026 09:00:00 +0000"))
    scene.sync()
    assert scene.outcomes()[old] == "before_start"
    done = scene.flask("backfill", "ann@acme.example", "--since", "2026-05-01")
    assert "is logged from 2026-05-01 on" in done.stdout
    scene.sync()
    assert scene.outcomes()[old] == "contact_match"


@pytest.mark.parametrize("day", ["2026-08-17", "2030-01-01"])
def test_a_backfill_never_makes_less_be_logged(scene: Scene, day: str) -> None:
    scene.flask("mailbox", "ann@acme.example", "--start", "2026-08-16")
    done = scene.flask("backfill", "ann@acme.example", "--since", day)
    assert (done.code, "logged from 2026-08-16 on already" in done.stderr) == (4, True)
    assert "logged from 2026-08-16 on." in scene.flask("mailbox", "ann@acme.example").stdout


def test_a_start_that_is_yet_to_come_is_told(scene: Scene) -> None:
    """Somebody goes live in January; or mistyped the year."""
    assert "in the future" not in scene.flask("mailbox", "ann@acme.example", "--start", "2026-08-16").stdout
    done = scene.flask("mailbox", "ann@acme.example", "--start", "2031-01-01")
    assert (done.code, "in the future. Until then no mail of this mailbox is logged." in done.stdout) == (0, True)
    assert "logged from 2031-01-01 on." in scene.flask("mailbox", "ann@acme.example").stdout


def test_explain_knows_from_when_on_a_mailbox_is_logged(scene: Scene) -> None:
    old = eml(date="Tue, 01 Sep 2020 09:00:00 +0000")
    assert "(contact_match)" in explained(scene, old)
    scene.flask("mailbox", "ann@acme.example", "--start", "2026-08-16")
    assert "(before_start)" in explained(scene, old)


def test_explain_knows_how_a_mailbox_would_begin_that_is_new(scene: Scene) -> None:
    scene.restart(BACKFILL_MONTHS="12")
    assert "(before_start)" in explained(scene, eml(date="Tue, 01 Sep 2020 09:00:00 +0000"))
    assert "(contact_match)" in explained(scene, eml())


def test_the_manifest_names_no_place_that_nobody_set(scene: Scene) -> None:
    scene.restart(PUBLIC_URL="")
    done = scene.flask("manifest")
    assert (done.code, done.stdout) == (3, "")
    assert "PUBLIC_URL is not set" in done.stderr


def test_a_copy_that_cannot_be_written_is_not_opened(scene: Scene) -> None:
    scene.deliver("ann@acme.example", eml())
    scene.sync()
    scene.restart(MAY_OPEN_COPIES="yes")
    exported = scene.folder / "ledger.json"
    assert scene.flask("export", str(exported)).code == 0
    key = json.loads(exported.read_text())["messages"][0]["activity_key"]
    nowhere = scene.folder / "nowhere" / "a.eml"
    done = scene.flask("vault", "open", key, "--reason", "audit", "--to", str(nowhere))
    assert (done.code, "cannot be written: No such file" in done.stderr) == (4, True)
    assert "audit" not in scene.flask("vault", "ledger").stdout


def test_a_copy_that_is_not_opened_leaves_no_file(scene: Scene) -> None:
    scene.restart(MAY_OPEN_COPIES="yes")
    target = scene.folder / "copy.eml"
    assert scene.flask("vault", "open", "f" * 64, "--reason", "audit", "--to", str(target)).code == 1
    assert not target.exists()


def test_the_vault_opens_only_where_it_may_and_only_with_an_entry(scene: Scene) -> None:
    raw = eml(text="Secret lamps.")
    scene.deliver("ann@acme.example", raw)
    scene.sync()
    key = str(scene.tasks()[0]["TrulyActivity__Message_Key__c"])
    target = scene.folder / "copy.eml"
    refused = scene.flask("vault", "open", key, "--reason", "audit", "--to", str(target))
    assert (refused.code, target.exists()) == (5, False)
    scene.restart(MAY_OPEN_COPIES="yes")
    opened = scene.flask("vault", "open", key, "--reason", "audit", "--to", str(target))
    assert opened.code == 0, opened.output
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (raw, 0o600)
    again = scene.flask("vault", "open", key, "--reason", "audit", "--to", str(target))
    assert (again.code, "exists already" in again.stderr, target.read_bytes()) == (4, True, raw)
    assert "The access ledger is intact." in scene.flask("vault", "ledger").stdout
    assert scene.flask("erase", key, "--yes").code == 0
    assert scene.flask("vault", "open", key, "--reason", "again", "--to", str(scene.folder / "b.eml")).code == 1
    assert set(scene.outcomes().values()) == {"erased"}


def test_what_salesforce_refused_is_listed_and_tried_again(scene: Scene) -> None:
    assert "refused nothing" in scene.flask("refused").stdout
    scene.universe.faults.plan(Fault("salesforce", "insert", "FIELD_CUSTOM_VALIDATION_EXCEPTION:Region, please.", 1))
    scene.deliver("ann@acme.example", eml())
    scene.sync()

    listed = scene.flask("refused").stdout
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION" in listed
    assert "Region," in listed
    assert scene.flask("replay", "nobody@acme.example").code == 4
    assert "1 messages wait" in scene.flask("replay", "ann@acme.example").stdout
    scene.sync()
    assert len(scene.tasks()) == 1


def test_unknown_mailboxes_and_files_are_exit_4(scene: Scene) -> None:
    assert scene.flask("mailbox", "zoe@acme.example", "--stage", "off").code == 4
    assert scene.flask("explain", str(scene.folder / "none.eml")).code == 4
    assert scene.flask("export", "/nowhere/x.json").code == 4
    assert scene.flask("erase", "no-such-key", "--yes").code == 4
    typo = scene.flask("sync", "who@else", "ann@acme.example")
    assert typo.code == 4
    assert typo.stderr == "Error: No mailbox of this Workspace has the address or Directory id who@else.\n"


def test_watch_says_whose_mail_gmail_pushes_and_whose_not(scene: Scene) -> None:
    pushing = Pushing(scene)
    scene.sync()
    scene.universe.faults.plan(Fault("gmail", "watch", "503", mailbox="ben@acme.example"))
    done = scene.flask("watch")
    assert done.code == 6
    assert "Renewed 2 watches, stopped 0." in done.stdout
    assert "The watch of ben@acme.example could not be changed (TransientError)" in done.stderr
    assert "Push: On: 2 of 3 mailboxes have an active Gmail watch." in scene.flask("doctor").stdout
    scene.clock.advance(3600)
    assert scene.flask("watch").code == 0
    assert "ok    Push: On: 3 of 3" in scene.flask("doctor").stdout
    assert pushing.mailbox("ben@acme.example").watched_at == scene.clock.now()


def test_watch_names_the_setting_at_fault(scene: Scene) -> None:
    assert scene.flask("watch").code == 4
    Pushing(scene)
    scene.sync()
    scene.universe.pubsub.create_topic(TOPIC, [])
    done = scene.flask("watch")
    assert done.code == 3
    assert "gmail-api-push@system.gserviceaccount.com" in done.stderr


def explained(scene: Scene, message: bytes, *options: str) -> str:
    path = scene.folder / "a.eml"
    path.write_bytes(message)
    done = scene.flask("explain", str(path), *options)
    assert done.code == 0, done.output
    return done.stdout


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ("Inbox,Category Promotions", "not_primary"),
        ("Bin", "not_primary"),
        ("=?UTF-8?Q?Trash,Unread?=", "not_primary"),
        ("=?UTF-8?Q?Kunden=2C_M=C3=BCnchen?=,Spam", "not_primary"),
        ('"Clients, old",Drafts', "not_mail"),
        ('"Trash, no",Inbox', "contact_match"),
        ("Chats", "not_mail"),
        ("Scheduled", "not_mail"),
        ("Inbox,Don't log", "kept_out"),
        ("Inbox,DON'T LOG ", "kept_out"),
        ("Archived,Important", "contact_match"),
    ],
)
def test_explain_reads_labels_as_the_sync_does(scene: Scene, labels: str, reason: str) -> None:
    message = f"X-Gmail-Labels: {labels}\r\n".encode() + eml()
    assert f"({reason})" in explained(scene, message).splitlines()[0]
    name = scene.universe.mailboxes["ann@acme.example"].add(MailFile("1", message), scene.clock.now_ms()).message_id
    scene.sync()
    assert scene.outcomes()[name] == reason


def test_explain_takes_labels_by_id_and_by_name(scene: Scene) -> None:
    assert "(not_primary)" in explained(scene, eml(), "--label", "CATEGORY_FORUMS")
    assert "(kept_out)" in explained(scene, eml(), "--label", "Don't Log")


@pytest.mark.parametrize("harm", [(b"From:", b"From :"), (b"From:", b"\xef\xbb\xbfFrom:"), (b"To:", b"To\t:")])
def test_odd_headers_hide_nobody_in_explain_nor_sync(scene: Scene, harm: tuple[bytes, bytes]) -> None:
    message = eml().replace(*harm, 1)
    assert "(contact_match)" in explained(scene, message)
    name = scene.deliver("ann@acme.example", message)
    scene.sync()
    assert scene.outcomes()[name] == "contact_match"
    assert scene.tasks()[0]["Description"].strip().endswith("Hello.")


def test_explain_says_what_would_change_it(scene: Scene) -> None:
    told = explained(scene, eml(sender="z@eu.unknown.example"))
    assert "Would change: a contact or lead with the address z@eu.unknown.example\n" in told
    assert "Would change: an account with the domain eu.unknown.example or unknown.example\n" in told
    told = explained(scene, eml(sender="z@harbor.example"))
    assert "Would change: a contact with the address z@harbor.example\n" in told
    assert "an account with" not in told


def test_explain_says_that_a_domain_is_listed_as_a_mail_provider(scene: Scene) -> None:
    told = explained(scene, eml(sender="someone@sfr.fr"))
    assert "sfr.fr is listed as a public mail provider, so no company is looked for." in told
    assert "Would change: COMPANY_DOMAINS=sfr.fr in the settings" in told
    assert "No person or company" not in told

    scene.restart(COMPANY_DOMAINS="sfr.fr")

    told = explained(scene, eml(sender="someone@sfr.fr"))
    assert "Would change: an account with the domain sfr.fr\n" in told
    assert "COMPANY_DOMAINS" not in told
