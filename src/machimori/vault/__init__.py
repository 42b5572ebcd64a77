# SPDX-License-Identifier: AGPL-3.0-or-later
"""The keys: `sealing` seals, `client` asks, `opening` (a process of its own) opens and destroys."""
