# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much a camera may send before the recorder must have read: TCP's receive window.

Linux reports it in TCP_INFO since 6.2; before that half of the receive buffer is a safe guess
(`tcp_adv_win_scale` = 1). The buffer's size itself is never set: that would end the kernel's own
tuning, and throttle the camera for good.
"""

import socket

_LENGTH = 236
_OFFSET = 232
"""`tcpi_rcv_wnd` in struct tcp_info (linux/tcp.h)."""


def receive_window(connection: socket.socket) -> int:
    """Bytes that the peer may have under way."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LENGTH)
    if len(info) >= _LENGTH:
        return int.from_bytes(info[_OFFSET:_LENGTH], "little")
    return connection.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2
