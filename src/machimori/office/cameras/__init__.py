# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cameras: the register, and what changed in it when and why."""
