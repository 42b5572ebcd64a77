# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recorders of this machine whose signing key the vault does not know: enrolled by its officers.

The key is the one that the recorder says is its own. Whoever signs compares it with what
`machimori record --public-key` prints at the recorder.
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _t

from machimori.kernel.instants import micros
from machimori.office.custody.difference import Difference
from machimori.office.people.acting import Acting
from machimori.office.shared import recorders as machine
from machimori.vault.client.standing import Standing
from machimori.vault.client.statements import RecorderEnrolment


def recorders(standing: Standing, acting: Acting) -> Iterator[Difference]:
    """What the vault lacks of the scheme's recorders."""
    believed = {one.recorder: one for one in standing.recorders}
    for one in machine.recorders().of(acting.scheme.scheme_id):
        name, found = one.config.id, believed.get(one.config.id)
        said = one.own.get("public_key")
        if said is None:
            if found is None:
                yield Difference(
                    kind=RecorderEnrolment.KIND,
                    about=name,
                    text=_t("録画装置%(name)sが答えません。動くと、ここから登録できます。")
                    % {"name": name},
                )
            continue
        public = bytes.fromhex(said)
        if found is not None and found.public == public:
            continue
        text = (
            _t("録画装置%(name)sの署名の鍵が変わりました。新しい録画は、届けるまで認められません。")
            if found is not None
            else _t("録画装置%(name)sを、保管庫はまだ知りません。")
        )
        yield Difference(
            kind=RecorderEnrolment.KIND,
            about=name,
            text=text % {"name": name},
            make=lambda name=name, public=public: RecorderEnrolment(  # type: ignore[misc]
                recorder=name, public=public, effective_from=micros(acting.at)
            ),
        )
