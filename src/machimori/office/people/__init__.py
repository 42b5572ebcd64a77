# SPDX-License-Identifier: AGPL-3.0-or-later
"""People: schemes, appointments, keys, signing in, and who acts in a request."""
