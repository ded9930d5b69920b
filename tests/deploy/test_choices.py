"""What an operator fills in: all problems are told at once, before anything is made."""

from __future__ import annotations

import re

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from deploy.__main__ import main, read_choices
from deploy.choices import DEPLOYMENT_ONLY, GIVEN_BY_DEPLOYMENT, Choices, read_file
from deploy.gcloud import ChoiceError, DeployError
from tests.deploy.conftest import INSIDE_PEM, PEM
from tests.support.upload import ROOT


def test_all_problems_are_told_together():
    with pytest.raises(DeployError) as caught:
        Choices.of(
            {
                "PROJECT": "Acme",
                "REGION": "europe",
                "KEY_PROTECTION": "paper",
                "WORKER_INSTANCES": "0",
                "COPY_OPENERS": "ann",
            }
        )
    problems = str(caught.value).splitlines()
    assert len(problems) == len(set(problems))
    for name in ("PROJECT is", "REGION", "KEY_PROTECTION", "WORKER_INSTANCES", "SALESFORCE_KEY", "COPY_OPENERS",
                 "ORGANISATION", "GOOGLE_ADMIN", "SALESFORCE_DOMAIN", "SALESFORCE_CONSUMER_KEY"):  # fmt: skip
        assert sum(name.lower() in problem.lower() for problem in problems) == 1, (name, problems)
    assert not any(re.search("STATE|QUEUE|KEYS|PUBLIC_URL", problem) for problem in problems)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"PROJECT": ""}, "Say which project"),
        ({"PROJECT": "Acme"}, "^PROJECT is no id of a project: 6 to 30 small letters"),
        ({"REGION": "mars-1"}, "cannot be changed later"),
        ({"FIRESTORE_LOCATION": "eur"}, "eur3 or nam5"),
        ({"BACKUP_RETENTION": "14"}, "14d or 8w"),
        ({"BACKUP_RETENTION": "20w"}, "at most 14w"),
        ({"BACKUP_RETENTION": "99d"}, "at most 14w"),
        ({"BACKUP_RETENTION": "0d"}, "at most 14w"),
        ({"COPY_OPENERS": "user:a@x.com, user:b@x.com"}, "no commas"),
        ({"OPERATORS": "user:a@x.com,user:b@x.com"}, "no commas"),
        ({"SALESFORCE_KEY": ""}, "Name one file"),
        ({"SALESFORCE_SECRET": "x"}, "Name one file"),
        ({"SALESFORCE_KEY": "/nowhere.pem"}, "SALESFORCE_KEY names no file on this machine"),
        ({"SIDEBAR_INSTANCES": "many"}, "number of instances"),
        ({"SIDEBAR_INSTANCES": "176"}, "^SIDEBAR_INSTANCES must be a number of instances, 1 to 175: .* Gmail quota"),
        ({"SIDEBAR_INSTANCES": "5000"}, "^SIDEBAR_INSTANCES must be a number of instances, 1 to 175"),
        ({"WORKER_INSTANCES": "26"}, "^WORKER_INSTANCES must be a number of instances, 1 to 25: App Engine"),
        ({"WORKER_INSTANCES": "9" * 5000}, "^WORKER_INSTANCES must be a number of instances, 1 to 25"),
        ({"SALESFORCE_USERNAME": ""}, r"^SALESFORCE_KEY needs SALESFORCE_USERNAME\.$"),
        ({"ORGANISATION": ""}, "ORGANISATION is not set"),
        ({"MATCH_LEADS": "perhaps"}, "MATCH_LEADS"),
        ({"DISCLOSUR": "text"}, "DISCLOSUR is no setting"),
        ({"STATE": "sqlite:x"}, "STATE follows from the project"),
        ({"MAY_OPEN_COPIES": "yes"}, "MAY_OPEN_COPIES follows"),
    ],
)
def test_a_wrong_choice_is_told(given, change, sentence):
    with pytest.raises(DeployError, match=sentence):
        Choices.of({**given, **change})


@pytest.mark.parametrize("name", ["SALESFORCE_KEY", "SALESFORCE_SECRET"])
@pytest.mark.parametrize(
    "typed", ["3MVG9secretvalue", "3MVG9secretvalue" * 400, "3MVG9secretvalue\0", "/tmp/3MVG9secretvalue/"]
)
def test_a_secret_that_is_typed_where_a_file_is_named_is_not_repeated(given, name, typed):
    with pytest.raises(DeployError, match=f"{name} names no file on this machine") as caught:
        Choices.of({**given, "SALESFORCE_KEY": "", "SALESFORCE_SECRET": "", name: typed})
    assert "3MVG9" not in str(caught.value)


@pytest.mark.parametrize("typed", ["SALESFORCE_SECRET =3MVG9secretvalue", "q83vEjRWeJA=", "3MVG9secretvalue"])
def test_a_secret_in_a_slip_of_the_pen_is_not_repeated(capsys, tmp_path, monkeypatch, typed):
    monkeypatch.chdir(tmp_path)
    assert main(["PROJECT=acme-mail", typed]) == 3
    assert capsys.readouterr().err == "Error: Argument 2 is not of the form NAME=value.\n"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("SALESFORCE_KEY", "the-client-secret", "no private key"),
        ("SALESFORCE_KEY", "", "no private key"),
        pytest.param("SALESFORCE_SECRET", PEM.decode(), "the client secret alone", id="SALESFORCE_SECRET-a key"),
        ("SALESFORCE_SECRET", " \n", "the client secret alone"),
        ("SALESFORCE_SECRET", "secret=the-client-secret # ours", "the client secret alone"),
    ],
)
def test_the_file_holds_what_its_name_says(given, tmp_path, name, content, sentence):
    (tmp_path / "file").write_text(content)
    with pytest.raises(DeployError, match=sentence) as caught:
        Choices.of({**given, "SALESFORCE_KEY": "", "SALESFORCE_SECRET": "", name: str(tmp_path / "file")})
    assert "the-client-secret" not in str(caught.value)


def test_the_content_of_the_file_is_not_in_what_choices_show(given):
    choices = Choices.of(given)
    assert choices.salesforce.content == PEM
    assert INSIDE_PEM.decode() not in repr(choices)


def test_the_template_names_every_choice_of_the_deployment(tmp_path):
    choices = read_file(ROOT / "deploy/settings.env.example")
    assert set(DEPLOYMENT_ONLY) <= set(choices)
    assert set(choices) & set(GIVEN_BY_DEPLOYMENT) == set()
    assert {name: value for name, value in choices.items() if value} == {
        name: value for name, value in DEPLOYMENT_ONLY.items() if value
    }


def test_the_command_line_wins_over_the_file(tmp_path):
    file = tmp_path / "settings.env"
    file.write_text("# ours\n\nPROJECT=one-project\nREGION = \n".replace("REGION = ", "REGION=europe-west3 "))
    assert read_choices(file, ["PROJECT=two-project"]) == {"PROJECT": "two-project", "REGION": "europe-west3"}


@pytest.mark.parametrize("line", ["PROJECT", "project=x", "export A=b", "=x"])
def test_a_line_that_is_no_setting_is_told_with_its_number(tmp_path, line):
    file = tmp_path / "settings.env"
    file.write_text(f"# first\n{line}\n")
    with pytest.raises(DeployError, match="line 2"):
        read_file(file)


def test_the_command_says_each_problem_in_a_line_and_exits_3(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["PROJECT=acme-mail", "--plan"]) == 3
    errors = capsys.readouterr().err.splitlines()
    assert all(line.startswith("Error: ") for line in errors)
    assert errors[0].startswith("Error: There is no deploy/settings.env. Run: cp deploy/settings.env.example")
    assert any(re.search("REGION must name a region", line) for line in errors)
    assert any("ORGANISATION is not set" in line for line in errors)


def test_where_there_is_a_file_it_is_not_asked_for(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "settings.env").write_text("PROJECT=acme-mail\n")
    assert main([]) == 3
    assert "There is no deploy/settings.env" not in capsys.readouterr().err


@pytest.mark.parametrize("retention", ["98d", "14w", "1d"])
def test_the_longest_retention_is_taken(given, retention):
    assert Choices.of({**given, "BACKUP_RETENTION": retention}).backup_retention == retention


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (PEM.replace(INSIDE_PEM, b"hello"), "holds no private key"),
        (PEM.replace(b"-----END PRIVATE KEY-----", b""), "holds no private key"),
        (
            ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "must be an RSA key",
        ),
        (
            rsa.generate_private_key(65537, 2048).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")
            ),
            "has a password",
        ),
    ],
    ids=["cut", "no end", "other kind", "password"],
)
def test_a_key_that_the_service_could_not_use_is_told_before_anything_is_made(given, tmp_path, key, sentence):
    (tmp_path / "salesforce.pem").write_bytes(key)
    with pytest.raises(ChoiceError, match=sentence):
        Choices.of(given)


@pytest.mark.parametrize(
    ("line", "value"),
    [("A='b c'", "b c"), ('A="b"', "b"), ('A=""', ""), ("A=it's", "it's"), ('A="it\'s"', "it's"), ("A=b", "b")],
)
def test_a_value_may_stand_in_quotes(tmp_path, line, value):
    (tmp_path / "s.env").write_text(line + "\n")
    assert read_file(tmp_path / "s.env") == {"A": value}


@pytest.mark.parametrize("line", ['A="b', "A='b\"", "A='b'c'", 'A="'])
def test_a_quote_without_its_other_is_told(tmp_path, line):
    (tmp_path / "s.env").write_text(line + "\n")
    with pytest.raises(ChoiceError, match="must end with the same quote"):
        read_file(tmp_path / "s.env")
