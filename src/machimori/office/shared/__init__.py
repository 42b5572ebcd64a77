# SPDX-License-Identifier: AGPL-3.0-or-later
"""What every app of the office stands on: who may enter, the engine, recording, page parts."""
