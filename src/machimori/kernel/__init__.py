# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every package stands on: errors, time, ids, canonical encoding, durable files."""
