# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of terminals."""

from django.urls import path

from machimori.office.terminals.views import here, register

app_name = "terminals"
urlpatterns = [
    path("terminals/", register.listing, name="register"),
    path("terminals/new/", register.new, name="new"),
    path("terminals/<int:number>/", register.terminal, name="terminal"),
    path("terminals/<int:number>/key/options/", register.key_options, name="key_options"),
    path("terminals/<int:number>/key/", register.key, name="key"),
    path("terminals/<int:number>/key/demo/", register.key_demo, name="key_demo"),
    path("terminals/here/", here.page, name="here"),
    path("terminals/here/options/", here.options, name="here_options"),
    path("terminals/here/key/", here.arrive, name="arrive"),
    path("terminals/here/demo/", here.arrive_demo, name="arrive_demo"),
]
