# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the vault is to know of live view: which cameras may be watched while the rules allow it."""

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _t

from machimori.kernel.ids import CameraId
from machimori.kernel.instants import Micros, micros
from machimori.office.cameras.access import cameras
from machimori.office.custody.difference import Difference
from machimori.office.custody.differences import FOREVER
from machimori.office.people.acting import Acting
from machimori.office.rules.access import rules_of, viewed_day
from machimori.vault.client.standing import Standing
from machimori.vault.client.statements import LiveView


def find(standing: Standing, acting: Acting) -> Iterator[Difference]:
    """The scheme's leave to watch, if the vault has another one."""
    scheme, now = acting.scheme.scheme_id, micros(acting.at)
    found = next((one for one in standing.live_views if one.scheme == scheme), None)
    if found is not None and found.valid_until <= now:
        found = None
    allowed = rules_of(acting).on(viewed_day(acting)).text("live.mode") == "named_posts"
    rows = cameras(acting.scheme).values_list("camera", flat=True) if allowed else ()
    wanted = tuple(sorted(map(CameraId, rows)))
    if wanted == (found.cameras if found else ()):
        return
    if not wanted:
        text = _t("きまりは現在の映像を認めていません。保管庫では、まだ見られます。")
    elif found is not None:
        text = _t("現在の映像を見るカメラが変わりました。届けるまで、前のカメラのままです。")
    else:
        text = _t("現在の映像の許可が、保管庫に届いていません。届けるまで、監視を始められません。")

    def make() -> LiveView:
        if not wanted and found is not None:
            begun = min(found.valid_from, Micros(now - 1))
            return replace(found, valid_from=begun, valid_until=now)
        return LiveView(scheme=scheme, cameras=wanted, valid_from=now, valid_until=FOREVER)

    yield Difference(kind=LiveView.KIND, about=scheme, text=text, make=make)
