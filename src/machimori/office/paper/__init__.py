# SPDX-License-Identifier: AGPL-3.0-or-later
"""Papers: every form as PDF/A, filled in or blank for the counter. Knows no web and no database.

A form (`forms`) is one frozen dataclass; a city's `Masthead` gives it number, title, addressee and
公印 box; both become a `Sheet` of blocks, and the `Press` sets it with Typst. What people typed is
data all the way and is never read as markup.
"""
