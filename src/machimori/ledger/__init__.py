# SPDX-License-Identifier: AGPL-3.0-or-later
"""The append-only record: entries, hash tree (RFC 6962), signed checkpoints, proofs."""
