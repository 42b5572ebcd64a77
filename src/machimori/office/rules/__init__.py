# SPDX-License-Identifier: AGPL-3.0-or-later
"""きまり: what the document says, what the city decided, and the start of a scheme."""
