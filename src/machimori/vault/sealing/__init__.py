# SPDX-License-Identifier: AGPL-3.0-or-later
"""The public-key side: seal a data key for one camera's day, and the seal's bytes on a segment.

Nothing in here can open anything; `machimori.vault.opening` is a package that it cannot import.
"""
