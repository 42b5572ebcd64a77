# SPDX-License-Identifier: AGPL-3.0-or-later
"""Durable work beside the pages: deferred with the fact that asks for it, done by workers."""
