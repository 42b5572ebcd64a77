# SPDX-License-Identifier: AGPL-3.0-or-later
"""The site: settings from one configuration, database, routes, the process that serves."""
