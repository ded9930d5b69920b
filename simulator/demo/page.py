"""A page that shows what became of each message, until the sidebar's own page takes its place."""

from __future__ import annotations

from collections import Counter
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884 }
.logged { color: #0a7d38 } .failed { color: #b3261e } .skipped { opacity: .75 }
"""


def serve_page(result: dict[str, Any], port: int) -> None:
    """Serves until interrupted, on loopback only; takes the next free port if ``port`` is busy."""
    page = render(result).encode()

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


def render(result: dict[str, Any]) -> str:
    """Everything that came from mail or Salesforce is escaped."""
    tasks = {task["Id"]: task for task in result["salesforce"].get("Task", ())}
    counts = Counter((m["outcome"], m["reason"]) for m in result["messages"])
    summary = "".join(
        f"<tr class={escape(o)}><td>{escape(o)}<td>{escape(r)}<td>{n}" for (o, r), n in sorted(counts.items())
    )
    rows = "".join(_row(message, tasks) for message in result["messages"])
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>All emails accounted for</title>"
        f"<style>{STYLE}</style>"
        f"<h1>All emails accounted for</h1><table><tr><th>Outcome<th>Reason<th>Messages{summary}</table>"
        f"<table><tr><th>Mailbox<th>Message<th>Outcome<th>Reason<th>Activity in Salesforce{rows}</table></html>"
    )


def _row(message: dict[str, Any], tasks: dict[str, Any]) -> str:
    subject = tasks.get(message["activity"], {}).get("Subject", "")
    cells = (message["mailbox"], message["source"], message["outcome"], message["reason"], subject)
    return f"<tr class={escape(message['outcome'])}>" + "".join(f"<td>{escape(str(c or ''))}" for c in cells)
