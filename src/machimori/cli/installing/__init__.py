# SPDX-License-Identifier: AGPL-3.0-or-later
"""An installation from nothing: what is asked (`answers`), what is made in which order (`steps`),
and the certificate of its host name (`certificate`)."""
