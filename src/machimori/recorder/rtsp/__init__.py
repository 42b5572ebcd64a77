# SPDX-License-Identifier: AGPL-3.0-or-later
"""The RTSP/1.0 client: a core without input or output, and an opener over asyncio.

See docs/design/rtsp.md. Callers use `opener.RtspOpener`, `session.Session`, `parser.measure`.
"""
