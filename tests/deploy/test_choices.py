"""What an operator fills in: all problems are told at once, before anything is made."""

from __future__ import annotations

import re

import pytest

from deploy.__main__ import main, read_choices
from deploy.choices import DEPLOYMENT_ONLY, GIVEN_BY_DEPLOYMENT, Choices, read_file
from deploy.gcloud import DeployError
from tests.deploy.conftest import PEM
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
    assert len(str(caught.value).splitlines()) == 6


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"PROJECT": ""}, "Say which project"),
        ({"REGION": "mars-1"}, "cannot be changed later"),
        ({"FIRESTORE_LOCATION": "eur"}, "eur3 or nam5"),
        ({"BACKUP_RETENTION": "14"}, "14d or 8w"),
        ({"SALESFORCE_KEY": ""}, "Name one file"),
        ({"SALESFORCE_SECRET": "x"}, "Name one file"),
        ({"SALESFORCE_KEY": "/nowhere.pem"}, "SALESFORCE_KEY names no file on this machine"),
        ({"SIDEBAR_INSTANCES": "many"}, "number of instances"),
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


def test_a_secret_in_a_slip_of_the_pen_is_not_repeated(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["PROJECT=acme-mail", "SALESFORCE_SECRET =3MVG9secretvalue"]) == 1
    assert capsys.readouterr().err == "Error: Argument 2 is not of the form NAME=value.\n"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("SALESFORCE_KEY", "the-client-secret", "no private key"),
        ("SALESFORCE_KEY", "", "no private key"),
        ("SALESFORCE_SECRET", PEM.decode(), "the client secret alone"),
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
    assert "the key of Salesforce" not in repr(choices)


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


def test_the_command_says_each_problem_in_a_line_and_exits_1(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["PROJECT=acme-mail"]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert all(line.startswith("Error: ") for line in errors)
    assert any(re.search("REGION must name a region", line) for line in errors)
