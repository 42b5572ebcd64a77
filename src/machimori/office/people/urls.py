# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of people."""

from django.urls import path

from machimori.office.people.views import appointments, keys, signing_in, today

app_name = "people"
urlpatterns = [
    path("", today.page, name="today"),
    path("sign-in/", signing_in.page, name="sign_in"),
    path("sign-in/key/options/", signing_in.key_options, name="key_options"),
    path("sign-in/key/", signing_in.key, name="key"),
    path("sign-in/password/", signing_in.password, name="by_password"),
    path("sign-in/code/", signing_in.code, name="by_code"),
    path("sign-in/demo/", signing_in.demo, name="by_demo"),
    path("change-person/", signing_in.change_person, name="change_person"),
    path("scheme/", signing_in.change_scheme, name="change_scheme"),
    path("language/", signing_in.language, name="language"),
    path("appointments/", appointments.listing, name="appointments"),
    path("appointments/new/", appointments.appoint, name="appoint"),
    path("appointments/person/", appointments.new_person, name="new_person"),
    path("appointments/<int:number>/", appointments.appointment, name="appointment"),
    path("appointments/<int:number>/decision/", appointments.decide, name="decide"),
    path("appointments/<int:number>/code/", appointments.code, name="code"),
    path("appointments/<int:number>/keys/<slug:keyid>/lost/", appointments.revoke, name="revoke"),
    path("keys/", keys.page, name="keys"),
    path("keys/options/", keys.options, name="register_options"),
    path("keys/register/", keys.register, name="register"),
    path("keys/<slug:keyid>/lost/", keys.lost, name="lost"),
    path("keys/codes/", keys.codes, name="codes"),
    path("keys/codes/end/", keys.no_codes, name="no_codes"),
    path("password/", keys.password, name="password"),
]
