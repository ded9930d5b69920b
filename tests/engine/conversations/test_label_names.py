"""A label is known by its name, however a rep typed it."""

from __future__ import annotations

import pytest

from server.engine.conversations.label_names import is_label_named


@pytest.mark.parametrize("apostrophe", "'\u2019\u2018\u02bc\u02bb\u0060\u00b4\u2032\uff07\u201b")
@pytest.mark.parametrize(
    "form", ["Don{0}t log", "DON{0}T LOG", "  don{0}t   Log ", "Sales/Don{0}t log", "A/B / Don{0}t log"]
)
def test_any_spelling_at_any_depth_is_the_label(apostrophe: str, form: str) -> None:
    assert is_label_named(form.format(apostrophe), "Don't log")
    assert is_label_named(form.format("'"), f"Don{apostrophe}t log")


@pytest.mark.parametrize("name", ["Dont log", "Don't log it", "Don't log/Later", "I don't log", "log", "", "/"])
def test_another_name_is_another_label(name: str) -> None:
    assert not is_label_named(name, "Don't log")


def test_a_setting_without_a_name_means_no_label() -> None:
    assert not is_label_named("", " ")
    assert not is_label_named("Sales/", " ")


def test_a_setting_may_name_a_label_below_another() -> None:
    assert is_label_named("sales / private", "Sales/Private")
    assert not is_label_named("Private", "Sales/Private")
