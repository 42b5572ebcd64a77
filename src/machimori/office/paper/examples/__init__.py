# SPDX-License-Identifier: AGPL-3.0-or-later
"""記入例: every form filled in, as a counter lays it beside the blank one. Nobody here exists."""

from machimori.office.paper.examples.disclosure import DISCLOSURE
from machimori.office.paper.examples.people import PEOPLE
from machimori.office.paper.examples.provision import PROVISION
from machimori.office.paper.masthead import Form

EXAMPLES: tuple[Form, ...] = PROVISION + DISCLOSURE + PEOPLE
"""In the order of `forms.FORMS`."""
