# SPDX-License-Identifier: AGPL-3.0-or-later
"""An application is kept as JSON and comes back as it was."""

from hypothesis import given
from hypothesis import strategies as st

from machimori.kernel import canonical
from machimori.kernel.instants import Micros, instant
from machimori.ledger.entry import LATEST
from machimori.office.provision.application import PAPERS, USES, Application

TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)
INSTANT = st.integers(0, LATEST).map(lambda n: instant(Micros(n)))


@given(
    st.builds(
        Application,
        body=TEXT,
        name=TEXT,
        case=TEXT,
        cameras=st.lists(st.sampled_from(["cam-1", "cam-2"]), unique=True).map(tuple),
        uses=st.lists(st.sampled_from(USES), unique=True).map(tuple),
        papers=st.lists(st.sampled_from(PAPERS), unique=True).map(tuple),
        start=st.none() | INSTANT,
        end=st.none() | INSTANT,
        document_day=st.none() | st.dates(),
        urgent=st.booleans(),
        consents=st.sampled_from(["", "applicant", "each"]),
    )
)
def test_an_application_comes_back_from_json(application: Application) -> None:
    kept = canonical.load_object(canonical.dumps(application.to_json()))
    assert Application.from_json(kept) == application
