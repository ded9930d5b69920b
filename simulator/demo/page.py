"""A page that shows what became of each message, until the sidebar's own page takes its place."""

from __future__ import annotations

from collections import Counter
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
body { max-width: 76rem; margin: 2rem auto; padding: 0 1rem }
h1 { margin-bottom: .2rem } h2 { margin: 2rem 0 .3rem; font-size: 1.1rem } p { margin: .2rem 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .7rem .3rem 0; border-bottom: 1px solid #8883; vertical-align: top }
td.n { text-align: right; width: 4rem } td.s { width: 30% } small { opacity: .7 }
.logged td:first-child { color: #0a7d38 } .failed td:first-child, .waiting td:first-child { color: #b3261e }
td:first-child { white-space: nowrap }
@media (prefers-color-scheme: dark) {
  .logged td:first-child { color: #5fd38d } .failed td:first-child, .waiting td:first-child { color: #ff8a80 }
}
"""
OUTCOMES = {"logged": "Logged", "skipped": "Not logged", "waiting": "Waiting", "failed": "Failed", "gone": "Gone"}
REASONS = {
    "contact_match": "A contact has an address on it.",
    "lead_match": "No contact has the address, but a lead does.",
    "account_domain_match": "No person has the address, but an account has the domain.",
    "not_mail": "A draft, a chat, or not sent yet.",
    "not_primary": "Gmail put it outside the primary inbox.",
    "before_start": "Older than the day this mailbox began.",
    "kept_out": "Its owner keeps it out.",
    "blocked": "An address or company on it is on the blocklist.",
    "internal_only": "Only colleagues are on it.",
    "automated": "No person started it: an automatic message.",
    "contacts_only_account": "For this company only emails with its contacts are logged.",
    "no_match": "No person or company for it is in Salesforce.",
    "unreadable": "It has no header that can be read.",
    "rejected": "Salesforce refused it.",
}


def serve_page(result: dict[str, Any], world: dict[str, Any], port: int) -> None:
    """Serves until interrupted, on loopback only; takes the next free port if ``port`` is busy."""
    page = render(result, world).encode()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_arguments: Any) -> None:
            """Quiet: the terminal shows the address and nothing else."""

    server = _server(Page, port)
    print(f"Look at http://127.0.0.1:{server.server_address[1]}/ (Ctrl-C ends it).", flush=True)  # noqa: T201
    with server:
        server.serve_forever()


def _server(handler: type[BaseHTTPRequestHandler], port: int) -> ThreadingHTTPServer:
    for candidate in range(port, port + 50):
        try:
            return ThreadingHTTPServer(("127.0.0.1", candidate), handler)
        except OSError:
            continue
    return ThreadingHTTPServer(("127.0.0.1", 0), handler)


def render(result: dict[str, Any], world: dict[str, Any]) -> str:
    """Everything that came from mail or Salesforce is escaped. ``world`` is the simulator's own view."""
    counts = Counter((m["outcome"], m["reason"]) for m in result["messages"])
    order = list(OUTCOMES)
    ranked = sorted(counts.items(), key=lambda item: (order.index(item[0][0]), -item[1]))
    summary = "".join(f"<tr class={o}><td>{OUTCOMES[o]}<td>{_why(r)}<td class=n>{n}" for (o, r), n in ranked)
    mailboxes = dict.fromkeys(m["mailbox"] for m in result["messages"])
    tables = "".join(_mailbox(mailbox, result, world) for mailbox in mailboxes)
    listed = sum(c["gmail"] for c in result["coverage"].values())
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>All emails accounted for</title>"
        f"<style>{STYLE}</style><h1>All emails accounted for</h1>"
        f"<p>{escape(world['name'])}: {listed} messages in Gmail, {len(result['messages'])} with an outcome, "
        f"{len(result['salesforce'].get('Task', ()))} activities in Salesforce.</p>"
        f"<table>{summary}</table>{tables}</html>"
    )


def _mailbox(mailbox: str, result: dict[str, Any], world: dict[str, Any]) -> str:
    shown = {item["gmail_message_id"]: item for item in world["mailboxes"].get(mailbox, ())}
    rows = "".join(
        _row(m, shown.get(m["gmail_message_id"], {}), world["records"])
        for m in result["messages"]
        if m["mailbox"] == mailbox
    )
    head = "<tr><th>Outcome<th>From<th>Subject<th>Why<th>On"
    return f"<h2>{escape(mailbox)}</h2><table>{head}{rows}</table>"


def _row(message: dict[str, Any], item: dict[str, Any], names: dict[str, str]) -> str:
    record = message["record"] or ""
    cells = (
        OUTCOMES.get(message["outcome"], message["outcome"]),
        escape(str(item.get("from") or "")[:60]),
        f"{escape(str(item.get('subject') or '')[:90])} <small>{escape(str(message['source']))}</small>",
        _why(message["reason"]),
        f"{escape(names.get(record, ''))} <small>{escape(record)}</small>" if record else "",
    )
    return f"<tr class={escape(message['outcome'])}>" + "".join(f"<td>{cell}" for cell in cells)


def _why(reason: str) -> str:
    return f"{escape(REASONS.get(reason, ''))} <small>{escape(reason)}</small>"
