# SPDX-License-Identifier: AGPL-3.0-or-later
"""The office over HTTP inside this process, for browsers of tests and of the bench."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.wsgi import get_wsgi_application
from django.db import connections

from machimori.office.shared.config import config
from machimori.office.site.wsgi import with_static_files


@contextmanager
def served() -> Iterator[str]:
    """A thread per request, by this process's configuration; the address."""
    application = with_static_files(get_wsgi_application(), config())

    def closing(environ: Any, answer: Any) -> Any:
        found = application(environ, answer)
        try:
            yield from found
        finally:
            if close := getattr(found, "close", None):
                close()
            connections.close_all()

    with make_server("localhost", 0, closing, _Threaded, _Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *said: Any) -> None:
        del said
