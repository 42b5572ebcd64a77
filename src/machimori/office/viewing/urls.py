# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of viewing."""

from django.urls import path

from machimori.office.viewing import views

app_name = "viewing"
urlpatterns = [
    path("cases/<slug:name>/view/", views.open_case, name="open"),
    path("viewings/", views.listing, name="listing"),
    path("viewings/<slug:name>/", views.player, name="player"),
    path("viewings/<slug:name>/close/", views.close, name="close"),
    path("viewings/<slug:name>/<int:number>/", views.media, name="media"),
]
