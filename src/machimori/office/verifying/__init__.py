# SPDX-License-Identifier: AGPL-3.0-or-later
"""検証: for everybody, what tells whether evidence is what the city handed over."""
