# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sealed footage: segment files, the store, RTP payloads to MP4, retention, check and repair."""
