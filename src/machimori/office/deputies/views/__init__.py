# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of deputies: delegating, and ending a delegation before its day."""
