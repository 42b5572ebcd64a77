# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every route. Each app lists its own in `urls.py` under its name."""

from django.urls import include, path

urlpatterns = [
    path("", include("machimori.office.people.urls")),
    path("", include("machimori.office.rules.urls")),
    path("", include("machimori.office.cameras.urls")),
    path("", include("machimori.office.operation.urls")),
    path("", include("machimori.office.terminals.urls")),
    path("", include("machimori.office.deputies.urls")),
    path("", include("machimori.office.personnel.urls")),
    path("", include("machimori.office.custody.urls")),
    path("", include("machimori.office.scans.urls")),
    path("", include("machimori.office.provision.urls")),
    path("", include("machimori.office.handover.urls")),
    path("", include("machimori.office.internal.urls")),
    path("", include("machimori.office.viewing.urls")),
    path("", include("machimori.office.disclosure.urls")),
    path("", include("machimori.office.police.urls")),
    path("", include("machimori.office.verifying.urls")),
    path("", include("machimori.office.direct.urls")),
    path("", include("machimori.office.watching.urls")),
    path("", include("machimori.office.oversight.urls")),
]

handler400 = "machimori.office.site.failures.bad_request"
handler403 = "machimori.office.site.failures.forbidden"
handler404 = "machimori.office.site.failures.not_found"
handler500 = "machimori.office.site.failures.failed"
