"""One person's trouble as the simulated Google says it: on every call of that person, and on nobody else's."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import Client

from simulator.gmail.api import RULES, Ask, Gmail
from simulator.identity import Access
from simulator.troubles import GONE_AFTER, TROUBLES
from simulator.world import WorldError, load
from tests.support.scene import Scene

ANN, BEN = "ann@acme.example", "ben@acme.example"
MAIL = frozenset({"https://mail.google.com/"})
OF_GMAIL = [name for name, trouble in TROUBLES.items() if trouble.gmail]
CALLS = [(rule.rule, next(iter(rule.methods - {"HEAD", "OPTIONS"}))) for rule in RULES.iter_rules() if rule.methods]


def trouble(scene: Scene, name: str, email: str = BEN) -> None:
    world = scene.universe.world
    world.users = tuple(replace(user, trouble=name) if user.email == email else user for user in world.users)


@pytest.mark.parametrize("name", OF_GMAIL)
def test_every_call_of_gmail_says_it_for_that_person_alone(scene: Scene, name: str) -> None:
    trouble(scene, name)
    gmail = Gmail(scene.universe)
    expected = TROUBLES[name].gmail
    for rule, verb in CALLS:
        path = rule.replace("<user>", "me").replace("<id>", "1").replace("<message>", "1")
        ben = gmail.answer(Ask(verb, path, MultiDict(), b"{}", Access(BEN, MAIL, 0.0)))
        ann = gmail.answer(Ask(verb, path, MultiDict(), b"{}", Access(ANN, MAIL, 0.0)))
        assert expected is not None
        error = json.loads(ben.get_data())["error"]
        assert (ben.status_code, error["errors"][0]["reason"]) == expected[:2]
        assert ann.get_data() != ben.get_data()


@pytest.mark.parametrize("name", [name for name, trouble in TROUBLES.items() if trouble.token])
def test_the_token_is_refused_to_that_person_alone(scene: Scene, name: str) -> None:
    trouble(scene, name)
    result = scene.sync(patience=0)
    assert list(result.troubled) == [BEN]


def ask_directory(scene: Scene, key: str) -> tuple[int, str]:
    token = scene.universe.identity._issue_token(  # noqa: SLF001
        ANN, frozenset({"https://www.googleapis.com/auth/admin.directory.user.readonly"})
    )
    answer = Client(scene.simulator).get(
        f"/admin/directory/v1/users/{key}", headers={"Authorization": f"Bearer {token['access_token']}"}
    )
    return answer.status_code, answer.get_data(as_text=True)


def test_a_deleted_user_is_412_for_twenty_days_and_then_404(scene: Scene) -> None:
    user_id = next(u.user_id for u in scene.universe.world.users if u.email == BEN)
    Client(scene.simulator).post("/_simulator/directory", json={"op": "delete", "email": BEN})
    for key in (user_id, BEN):
        status, body = ask_directory(scene, key)
        assert (status, json.loads(body)["error"]["errors"][0]["reason"]) == (412, "conditionNotMet")
    scene.clock.advance(GONE_AFTER)
    assert ask_directory(scene, user_id)[0] == 404


@pytest.mark.parametrize(("name", "status"), [("directory_refused", 403), ("directory_broken", 500)])
def test_the_directory_may_refuse_one_person(scene: Scene, name: str, status: int) -> None:
    trouble(scene, name)
    assert ask_directory(scene, BEN)[0] == status
    assert ask_directory(scene, ANN)[0] == 200


def test_a_trouble_that_is_not_known_is_one_sentence(tmp_path) -> None:
    users = [{"email": BEN, "trouble": "bad_day"}]
    (tmp_path / "mail").mkdir()
    (tmp_path / "world.json").write_text(json.dumps({"workspace": {"users": users}, "salesforce": {}}))
    with pytest.raises(WorldError, match="trouble must be one of auth_error"):
        load(tmp_path)
