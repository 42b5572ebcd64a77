# SPDX-License-Identifier: AGPL-3.0-or-later
"""What others know of the vault: its socket protocol, and the reader to whom keys are released."""
