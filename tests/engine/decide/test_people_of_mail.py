"""Who is on a mail and who wrote it, by what Salesforce gets of it."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.world import World
from tests.support.rep import Rep
from tests.support.scene import DOMAIN_FIELD, MakeScene, Scene, eml, small_world

ANN, BEN, CEM = "ann@acme.example", "ben@acme.example", "cem@acme.example"
ADA_ID, BYRON_ID = "003A00000000001IAA", "001A00000000001IAA"
ANN_ID, BEN_ID = "005A00000000001IAA", "005A00000000002IAA"
ADA = "Ada Byron <ada@byron.example>"
LIST = {"List_Post": "<mailto:reps@byron.example>", "List_Id": "<reps.byron.example>", "Precedence": "list"}


def add_account(account: dict[str, Any]) -> World:
    return small_world({"Account": [*small_world().org["Account"], account]})


def read_task(scene: Scene) -> dict[str, Any]:
    """The only activity that Salesforce has."""
    [task] = scene.tasks()
    return {name.removeprefix("TrulyActivity__"): value for name, value in task.items()}


@pytest.mark.parametrize(
    "site", ["website@acme.example", "No-Reply <noreply@acme.example>", "wordpress@www.acme.example", ANN]
)
def test_a_form_on_our_own_site_is_the_customers_mail(scene: Scene, site: str) -> None:
    scene.deliver(
        ANN,
        eml(
            sender=site, to="sales@acme.example", subject="New form submission", Reply_To=ADA, X_Mailer="PHPMailer 6.8"
        ),
    )
    scene.sync()

    task = read_task(scene)
    assert (task["WhoId"], task["Direction__c"], task["OwnerId"]) == (ADA_ID, "Inbound", ANN_ID)
    assert task["Subject"] == "From Ada Byron: New form submission"


def test_a_form_finds_the_company_of_a_person_whom_nobody_knows(scene: Scene) -> None:
    scene.deliver(ANN, eml(sender="website@acme.example", Reply_To="Bob <bob@byron.example>"))
    scene.sync()

    assert read_task(scene)["WhatId"] == BYRON_ID


def test_our_own_machine_without_a_customer_is_no_customers_mail(scene: Scene) -> None:
    inside = scene.deliver(ANN, eml(sender="noreply@acme.example", Reply_To=ANN))
    to_intake = scene.deliver(ANN, eml(sender="noreply@acme.example", text="2", Reply_To="reply+ab12@reply.github.com"))
    machine = scene.deliver(ANN, eml(sender="noreply@acme.example", text="3", Cc="ada@byron.example"))
    robot = scene.deliver(ANN, eml(sender="website@acme.example", text="4", Reply_To="no-reply@byron.example"))
    scene.sync()

    assert scene.outcomes() == {
        inside: "internal_only", to_intake: "internal_only", machine: "automated", robot: "automated",
    }  # fmt: skip


def test_a_newsletter_stays_one_whoever_is_in_reply_to(scene: Scene) -> None:
    message = scene.deliver(
        ANN,
        eml(
            sender="Kim via Shop <newsletter@shop.example>", Reply_To="Kim <kim@shop.example>", List_Id="<newsletter.shop.example>",
            List_Unsubscribe="<https://shop.example/u>", Cc="ada@byron.example",
        ),
    )  # fmt: skip
    scene.sync()

    assert scene.outcomes() == {message: "automated"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"List_Id": "<sales.acme.example>", "X_Original_From": ADA},
        {"List_Id": "<reps.byron.example>", "X_Original_From": ADA},
        {"List_Post": "<mailto:reps@byron.example>", "Mailing_list": "list reps@byron.example"},
    ],
    ids=["Reply-To", "as if through our group", "as if through the customer's list", "all of a list's headers"],
)
def test_a_stranger_cannot_write_in_a_customers_name(scene: Scene, headers: dict[str, str]) -> None:
    scene.deliver(
        ANN, eml(sender="'Ada Byron' via Reps <eve@evil.example>", subject="Pay here", Reply_To=ADA, **headers)
    )
    scene.sync()

    task = read_task(scene)
    assert task["From_Address__c"] == "eve@evil.example"
    assert task["Subject"] == "From 'Ada Byron' via Reps: Pay here"


def test_a_strangers_mail_never_takes_the_place_of_the_customers(scene: Scene) -> None:
    scene.deliver(
        BEN, eml(sender="'Ada Byron' via Reps <eve@evil.example>", text="Pay.", message_id="<1@byron>", Reply_To=ADA)
    )
    scene.sync()
    scene.deliver(ANN, eml(sender=ADA, message_id="<1@byron>"))
    scene.sync()

    assert {task["TrulyActivity__From_Address__c"] for task in scene.tasks()} == {
        "eve@evil.example",
        "ada@byron.example",
    }


def test_a_mail_that_comes_directly_and_through_the_customers_list_is_one(scene: Scene) -> None:
    scene.deliver(
        BEN,
        eml(
            sender="Ada Byron via Reps <reps@byron.example>",
            subject="[Reps] Lamps",
            message_id="<1@byron>",
            Reply_To=ADA,
            **LIST,
        ),
    )
    scene.deliver(ANN, eml(sender=ADA, message_id="<1@byron>"))
    scene.sync()

    task = read_task(scene)
    assert (task["WhoId"], task["From_Address__c"]) == (ADA_ID, "ada@byron.example")


@pytest.mark.parametrize(
    "intake", ["emailtosalesforce@1a2b3c.in.salesforce.com", "12345@bcc.hubspot.com", "deals-aaaa2bcd@acme.slack.com"]
)
def test_an_intake_is_nobody(make_scene: MakeScene, intake: str) -> None:
    vendor = {
        "Id": "001A00000000009",
        "Name": "Vendor",
        "OwnerId": ANN_ID,
        DOMAIN_FIELD: ".".join(intake.split(".")[-2:]),
    }
    scene = make_scene(add_account(vendor))
    inside = scene.deliver(ANN, eml(sender=ANN, to=BEN, subject="Salaries", Bcc=intake), "SENT")
    stranger = scene.deliver(ANN, eml(sender="joe@stranger.example", Cc=intake))
    customer = scene.deliver(ANN, eml(sender=ANN, to="ada@byron.example", Bcc=intake), "SENT")
    scene.sync()

    assert scene.outcomes() == {inside: "internal_only", stranger: "no_match", customer: "contact_match"}
    assert read_task(scene)["WhoId"] == ADA_ID


@pytest.mark.parametrize("header", ["Reply_To", "Sender"])
def test_a_blocked_address_blocks_in_every_header(make_scene: MakeScene, header: str) -> None:
    scene = make_scene(small_world(), BLOCKED="ada@byron.example")
    message = scene.deliver(ANN, eml(sender="joe@stranger.example", **{header: ADA}))
    scene.sync()

    assert scene.outcomes() == {message: "blocked"}


def test_what_a_delegate_sends_is_the_mailboxs_or_the_delegates_and_not_the_copied_colleagues(scene: Scene) -> None:
    scene.deliver(CEM, eml(sender=CEM, to="ada@byron.example", subject="Delegate", Sender=ANN, Cc=BEN), "SENT")
    scene.deliver(ANN, eml(sender=ANN, to="ada@byron.example", subject="Own", Sender=BEN), "SENT")
    scene.deliver(CEM, eml(sender=CEM, to="ada@byron.example", subject="No user", Cc=BEN), "SENT")
    scene.deliver(BEN, eml(sender=CEM, to="ada@byron.example", subject="No user", Cc=BEN))
    scene.sync()

    owners = {task["Subject"]: task["OwnerId"] for task in scene.tasks()}
    assert owners["Delegate"] == ANN_ID
    assert owners["Own"] == ANN_ID
    assert owners["No user"] not in {ANN_ID, BEN_ID}
    assert len(owners) == 3


def test_a_stranger_behind_a_relay_belongs_to_nobody(make_scene: MakeScene) -> None:
    amazon = {"Id": "001A00000000009", "Name": "Amazon", "OwnerId": ANN_ID, DOMAIN_FIELD: "amazon.com"}
    scene = make_scene(add_account(amazon))
    stranger = scene.deliver(ANN, eml(sender="Joe <x9@marketplace.amazon.com>"))
    employee = scene.deliver(ANN, eml(sender="Jo <jo@amazon.com>"))
    customer = scene.deliver(ANN, eml(sender="Ada <x8@marketplace.amazon.com>", Reply_To=ADA))
    scene.sync()

    assert scene.outcomes() == {stranger: "no_match", employee: "account_domain_match", customer: "contact_match"}


def test_the_card_of_a_form_names_the_customer(scene: Scene) -> None:
    message = scene.deliver(ANN, eml(sender="website@acme.example", Reply_To="Eve <eve@nova.example>"))
    scene.sync()

    assert scene.outcomes() == {message: "no_match"}
    assert "eve@nova.example" in " ".join(Rep(scene, ANN, message).read)
