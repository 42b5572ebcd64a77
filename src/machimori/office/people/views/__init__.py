# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages about people: signing in, the first page, appointments, one's own keys."""
