# SPDX-License-Identifier: AGPL-3.0-or-later
"""A demo's people and cases: five schemes, and two weeks in which people acted through the pages.

Nothing here writes a row: people are entered, rules adopted and cases moved by the actions and the
pages that an office has. It refuses to run where `office.json` is not a demo's.
"""
