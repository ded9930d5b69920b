"""`make try`: somebody's own export, from the file to the outcomes."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.demo.stage import scene
from tests.support.demo import ROOT
from tests.support.takeout import SEPARATOR, mail, with_attachment, write_mbox

log = logging.getLogger(__name__)
pytestmark = pytest.mark.slow
ME = "juergen@lampen.example"
OWN = f"Jürgen Groß <{ME}>"


def run(folder: Path, *arguments: str, once: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator.demo", *(["--once"] if once else []), *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True, timeout=120)


def outcomes(folder: Path) -> dict[str, str]:
    """Reason by position in the mbox."""
    result = json.loads((folder / "out.json").read_text())
    assert {c["waiting"] for c in result["coverage"].values()} == {0}
    return {m["source"]: m["reason"] for m in result["messages"]}


def test_a_german_export_is_understood(tmp_path: Path) -> None:
    write_mbox(
        tmp_path / "Alle Nachrichten.mbox",
        [
            mail("Ada Byron <ada@byron.example>", OWN, 'Posteingang,Geöffnet,Wichtig,Kategorie: "Allgemein"', 1),
            mail(OWN, "Ada Byron <ada@byron.example>", "Gesendet,Geöffnet", 2),
            mail(OWN, '"Öztürk, Jörg" <joerg@kuechen.example>', "Gesendet,Geöffnet", 3),
            mail("Werbung <hallo@angebote.example>", OWN, 'Posteingang,Ungelesen,Kategorie: "Werbung"', 4),
            mail("Ada Byron <ada@byron.example>", OWN, "Spam,Ungelesen", 5),
            mail("Kollegin <k@lampen.example>", OWN, "Archiviert,Geöffnet,Kunden/Großkunden", 6),
            mail("Jürgen Groß <groß@lampen.example>".replace("groß@", "jg@"), "eva@byron.example", "Gesendet", 7),
            mail(OWN, "ada@byron.example", "Entwürfe", 8),
            mail("Ada Byron <ada@byron.example>", OWN, "Papierkorb", 9),
            mail("Ada Byron <ada@byron.example>", OWN, 'Posteingang,Kategorie: "Benachrichtigungen"', 10),
        ],
    )

    done = run(tmp_path, "--mbox", "Alle Nachrichten.mbox", "--me", ME.upper(), "--json", "out.json")

    assert done.returncode == 0, done.stderr
    assert list(outcomes(tmp_path).values()) == [
        *["account_domain_match"] * 3, "not_primary", "not_primary", "internal_only", "account_domain_match",
        "not_mail", "not_primary", "not_primary",
    ]  # fmt: skip
    assert "Nothing of your mail leaves this machine" in done.stdout
    assert "Also yours, by the mail you sent: jg@lampen.example." in done.stdout
    assert "Byron" in done.stdout
    assert "CONTACTS=" in done.stdout
    assert not list((tmp_path / "build").iterdir())


def test_contacts_from_a_csv_take_the_place_of_accounts_from_the_mail(tmp_path: Path) -> None:
    write_mbox(
        tmp_path / "a.mbox",
        [
            mail("Zoë <zoe@byron.example>", OWN, "Inbox", 1),
            mail("Ada <ada@byron.example>", OWN, "Inbox", 2),
            mail("Eve <eve@nobody.example>", OWN, "Inbox", 3),
        ],
    )
    (tmp_path / "c.csv").write_text(
        "E-Mail-Adresse;Vorname;Nachname;Firma\nzoe@byron.example;Zoë;Müller;Byron GmbH\n", "cp1252"
    )

    done = run(tmp_path, "--mbox", "a.mbox", "--me", ME, "--contacts", "c.csv", "--json", "out.json")

    assert done.returncode == 0, done.stderr
    assert list(outcomes(tmp_path).values()) == ["contact_match", "account_domain_match", "no_match"]
    assert "1 contacts of 1 accounts" in done.stdout


def test_someone_at_a_public_mail_service_has_no_colleagues_there(tmp_path: Path) -> None:
    me = "jane.doe@gmail.com"
    write_mbox(
        tmp_path / "a.mbox",
        [
            mail(f"Jane <{me}>", "bob@gmail.com", "Sent", 1),
            mail("Bob <bob@gmail.com>", me, "Inbox", 2),
            mail("Ada <ada@byron.example>", me, "Inbox", 3),
            mail(f"Jane <{me}>", me, "Sent", 4),
        ],
    )
    (tmp_path / "c.csv").write_text("Email,Name\nBob@Gmail.com,Bob Stone\n")

    done = run(tmp_path, "--mbox", "a.mbox", "--me", me, "--contacts", "c.csv", "--json", "out.json")

    assert done.returncode == 0, done.stderr
    assert list(outcomes(tmp_path).values()) == ["contact_match", "contact_match", "no_match", "internal_only"]
    assert "gmail.com is a public mail service" in done.stdout


def faults(folder: Path) -> dict[tuple[str, ...], str]:
    write_mbox(
        folder / "ok.mbox", [mail("a@b.example", "boss@lampen.example", "Inbox", 1, Delivered_To="boss@lampen.example")]
    )
    for name, content in {
        "a.zip": b"PK\x03\x04...", "a.tgz": b"\x1f\x8b...", "a.pst": b"!BDN...", "a.eml": mail(OWN, "b@c.example", "", 1),
        "empty.mbox": b"", "note.txt": b"Dear Ben,\n", "no.csv": b"First,Last\nA,B\n", "none.csv": b"Email\nnobody\n",
    }.items():  # fmt: skip
        (folder / name).write_bytes(content)
    (folder / "nothing").mkdir()
    own = ("--me", ME)
    boss = ("--mbox", "ok.mbox", "--me", "boss@lampen.example", "--contacts")
    return {
        ("--mbox", "", *own): "Say which export",
        ("--mbox", "gone.mbox", *own): "MBOX=gone.mbox cannot be read: No such file",
        ("--mbox", "a.zip", *own): "is a zip archive: unpack it first, the mbox lies in it under Takeout/Mail/",
        ("--mbox", "a.tgz", *own): "is a packed archive (tgz): unpack it first",
        ("--mbox", "a.pst", *own): "is an Outlook PST",
        ("--mbox", "a.eml", *own): "is a single email",
        ("--mbox", "empty.mbox", *own): "is empty",
        ("--mbox", "note.txt", *own): "is not an mbox",
        ("--mbox", ".", *own): "is a folder: say the file, empty.mbox or ok.mbox.",
        ("--mbox", "nothing", *own): "is a folder without an .mbox file",
        ("--mbox", "ok.mbox", "--me", ""): "Say whose export it is",
        ("--mbox", "ok.mbox", "--me", "ben"): "ME=ben is no email address",
        (
            "--mbox",
            "ok.mbox",
            *own,
        ): f"ME={ME} is on no email of this export; most of it was delivered to or sent from boss@lampen.example (1).",
        (*boss, "gone.csv"): "CONTACTS=gone.csv cannot be read",
        (*boss, "no.csv"): "has no column of email addresses; it has: First, Last.",
        (*boss, "none.csv"): "has no email address in Email",
        (*boss, "a.zip"): "is a spreadsheet or an archive, not a CSV",
    }


def test_a_wrong_input_is_one_sentence_and_exit_4(tmp_path: Path) -> None:
    for arguments, words in faults(tmp_path).items():
        done = run(tmp_path, *arguments)
        assert done.returncode == 4, (arguments, done.stderr)
        assert done.stderr.startswith("Error: ")
        assert words in done.stderr
        assert done.stderr.count("\n") == 1


SMALL = 2000
LARGE = 40
ATTACHMENT = 50_000_000
ALLOWED = 40_000_000
"""Bytes that the memory of a process may grow by when the export grows a thousandfold."""


def export(path: Path, small: int, large: int, attachment: int) -> Path:
    """Each twentieth large mail is a customer's, and logged; the others are held back by their label."""
    with path.open("wb") as file:
        for number in range(small):
            sender = "Ada <ada@byron.example>" if number % 50 == 0 else "Cem <cem@lampen.example>"
            file.write(SEPARATOR + mail(sender, OWN, "Inbox,Opened", number, "Hello. " * 60) + b"\r\n")
            if number % (small // large) == 0:
                label = "Inbox" if number // (small // large) % 20 == 0 else "Inbox,Category Promotions"
                file.write(SEPARATOR)
                file.writelines(
                    with_attachment(mail("Ada <ada@byron.example>", OWN, label, 100_000 + number), attachment)
                )
                file.write(b"\r\n")
    return path


def children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield int(child)
            yield from children(int(child))


def peak(pid: int) -> int:
    """The most memory the process ever had, in bytes."""
    return peak_in(Path(f"/proc/{pid}/status").read_text())


def peak_in(status: str) -> int:
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def peak_of_making(mbox: Path, folder: Path) -> int:
    """Bytes; in a process of its own."""
    code = "import sys; from simulator.takeout.making import make_world; from pathlib import Path\n"
    code += "make_world(sys.argv[1], sys.argv[2], '', Path(sys.argv[3]))\n"
    code += "print(Path('/proc/self/status').read_text())"
    command = [sys.executable, "-c", code, str(mbox), ME, str(folder)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
    return peak_in(done.stdout)


def synced(world: Path, folder: Path) -> tuple[int, dict[str, int]]:
    """The simulator's peak in bytes, and its coverage."""
    before = set(children(os.getpid()))
    with scene(world, folder) as stage:
        simulator = set(children(os.getpid())) - before
        assert stage.server("sync", check=False, quiet=True) == 0
        stage.server("export", str(folder / "export.json"), quiet=True)
        covered = json.loads((folder / "export.json").read_text())["coverage"][ME]
        return max(peak(pid) for pid in simulator), covered


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peaks of memory are read from Linux's /proc")
def test_memory_does_not_grow_with_the_export(tmp_path: Path) -> None:
    little = export(tmp_path / "little.mbox", 20, 2, 1_000_000)
    big = export(tmp_path / "big.mbox", SMALL, LARGE, ATTACHMENT)
    try:
        assert big.stat().st_size > 2_000_000_000 > 800 * little.stat().st_size
        made = [peak_of_making(path, tmp_path / path.stem) for path in (little, big)]
        served = [synced(tmp_path / path.stem, tmp_path / f"run-{path.stem}") for path in (little, big)]
    finally:
        big.unlink()

    log.info("peaks in bytes, 2 MB and 2 GB: making %s, simulator %s", made, [most for most, _ in served])
    assert made[1] - made[0] < ALLOWED
    assert served[1][0] - served[0][0] < ALLOWED
    covered = served[1][1]
    assert covered == {
        **dict.fromkeys(covered, 0),
        "gmail": SMALL + LARGE,
        "logged": SMALL // 50 + 2,
        "skipped": SMALL * 49 // 50 + 38,
    }
