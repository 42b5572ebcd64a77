# SPDX-License-Identifier: AGPL-3.0-or-later
"""The private-key side, imported by the vault's own process and nobody else."""
