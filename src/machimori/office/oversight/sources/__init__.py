# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where uses come from: one module for each app that holds facts about footage."""
