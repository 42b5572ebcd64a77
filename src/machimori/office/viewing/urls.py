# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of viewing."""

from django.urls import path

from machimori.office.viewing import selecting, stills, views, watched

app_name = "viewing"
urlpatterns = [
    path("cases/<slug:name>/view/", views.open_case, name="open"),
    path("internal/id/<slug:name>/view/", views.open_use, name="use"),
    path("prints/", stills.listing, name="prints"),
    path("prints/<int:number>/", stills.one_print, name="print"),
    path("prints/<int:number>/check/", stills.check, name="check_print"),
    path("viewings/", watched.listing, name="listing"),
    path("viewings/<slug:name>/", views.player, name="player"),
    path("viewings/<slug:name>/select/", selecting.select, name="select"),
    path("viewings/<slug:name>/still/", stills.print_still, name="still"),
    path("viewings/<slug:name>/close/", views.close, name="close"),
    path("viewings/<slug:name>/<int:number>/", views.media, name="media"),
]
