# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page at the demo's address until there are real ones: how far the making is.

Whoever opens the address early sees what the terminal says, and the sign-in page by itself as soon
as it is there. Nothing of the office is in it.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

_PAGE: Final = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><title>街守のデモを用意しています</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:1.1rem/1.8 "BIZ UDGothic","Noto Sans JP",sans-serif;max-width:44rem;
margin:3rem auto;padding:0 1rem}}li:last-child{{font-weight:bold}}span{{color:#595959}}</style>
</head><body><main>
<h1>街守のデモを用意しています</h1>
<p>1、2分かかります。できると、このページは自分でサインインの画面に替わります。<br>
<span lang="en">Preparing the demo of Machimori. This page turns into the sign-in page by itself.
</span></p>
<ol role="status">{lines}</ol>
</main><script>
setInterval(function () {{
  fetch("/sign-in/", {{cache: "no-store"}}).then(function (answer) {{
    if (answer.ok) location.replace("/"); else return answer.text().then(function (text) {{
      var page = new DOMParser().parseFromString(text, "text/html");
      document.querySelector("ol").innerHTML = page.querySelector("ol").innerHTML;
    }});
  }}).catch(function () {{ /* the pages start: ask again */ }});
}}, 1000);
</script></body></html>"""


@contextlib.contextmanager
def page(port: int) -> Iterator[Callable[[str, str], None]]:
    """Serve it on the loopback address; what is called with a line of progress, in both languages.

    Where the port is taken nothing is served: the start itself says so.
    """
    lines: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        """One page for every address."""

        def do_GET(self) -> None:
            items = "".join(
                f'<li>{escape(japanese)}<br><span lang="en">{escape(english)}</span></li>'
                for japanese, english in list(lines)
            )
            body = _PAGE.format(lines=items).encode()
            self.send_response(503)
            for name, value in (
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Length", str(len(body))),
                ("Cache-Control", "no-store"),
                ("Retry-After", "2"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 – the base class's name
            """Says nothing: the terminal is for the progress."""

    def tell(japanese: str, english: str) -> None:
        lines.append((japanese, english))

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError:
        yield tell
        return
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield tell
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
