# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deputies (代決者): who signs in the manager's place, from when to when."""
