# SPDX-License-Identifier: AGPL-3.0-or-later
"""From a camera's socket to sealed segments: RTSP client, drain loop, node."""
