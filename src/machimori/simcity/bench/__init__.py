# SPDX-License-Identifier: AGPL-3.0-or-later
"""What `machimori bench` measures: one module per subject, each with `run(...) -> list[Figure]`."""
