"""A rep's word reaches the mail that the rep is on, and no other."""

from tests.support.scene import eml

ANN, CEM = "ann@acme.example", "cem@acme.example"
SECRET = "<secret@byron.example>"


def test_who_only_names_a_conversation_moves_nobody_else_s_mail(scene):
    hers = scene.deliver(ANN, eml(message_id=SECRET))
    scene.sync()
    before = scene.tasks()
    forged = scene.deliver(CEM, eml(sender=CEM, to="x@harbor.example", subject="Mine", References=SECRET), "SENT")
    scene.sync()
    workspaces, mailboxes = scene.services.workspaces, scene.services.ports.store.mailboxes()
    cem = next(m for m in mailboxes if m.address == CEM)
    ports = scene.services.ports
    message = ports.mail.identify(cem, forged, forged)
    record = ports.crm.record("001A00000000002IAA")
    scene.services.rooms.access.readable = lambda _mailbox, records: {r.record_id for r in records}
    scene.services.rooms.choices.move(workspaces.current(), cem, message, record.record_id)
    scene.services.rooms.choices.withdraw(workspaces.current(), cem, message)

    later = scene.deliver(ANN, eml(subject="Re: Lamps", References=SECRET))
    scene.sync()
    hers_now = [t for t in scene.tasks() if t["Id"] == before[0]["Id"]]
    assert [(t["WhoId"], t["WhatId"]) for t in hers_now] == [(t["WhoId"], t["WhatId"]) for t in before]
    assert scene.outcomes(ANN) == {hers: "contact_match", later: "contact_match"}
