# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the bytes a camera sent to pictures with times: interleaved RTP, its payloads, access units.

Standard library only: the offline verifier is built from these modules.
"""
