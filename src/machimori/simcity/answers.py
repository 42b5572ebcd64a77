# SPDX-License-Identifier: AGPL-3.0-or-later
"""RTSP/1.0 answers (RFC 2326 7), with the habits of real cameras in how they are written."""

from dataclasses import dataclass, field

_REASONS = {
    200: "OK",
    302: "Moved Temporarily",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    459: "Aggregate Operation Not Allowed",
    461: "Unsupported Transport",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}


@dataclass
class Answer:
    """One answer; `headers` in the order in which they are written."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: bytes = b""
    """Bytes that follow the answer without being part of it."""

    def encode(self, sequence: str, *, odd: bool = False) -> bytes:
        """As bytes; `odd` writes header names in lower case and no space after the colon."""
        headers = {"CSeq": sequence, "Server": "Machimori simulated camera", **self.headers}
        if self.body:
            headers["Content-Length"] = str(len(self.body))
        reason = _REASONS.get(self.status, "Unknown")
        lines = [f"RTSP/1.0 {self.status} {reason}"]
        for name, value in headers.items():
            lines.append(f"{name.lower()}:{value}" if odd else f"{name}: {value}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body + self.after
