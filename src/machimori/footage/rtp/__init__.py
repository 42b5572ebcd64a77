# SPDX-License-Identifier: AGPL-3.0-or-later
"""RTP as cameras send it: stream description, packets, payload formats. Standard library only."""
