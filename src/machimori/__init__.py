# SPDX-License-Identifier: AGPL-3.0-or-later
"""Machimori (街守): the open platform with which a city runs its street security cameras."""

__version__ = "0.1.0"
