# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of personnel."""

from django.urls import path

from machimori.office.personnel.views import (
    handovers,
    keys,
    passwords,
    pledges,
    rosters,
    signers,
    transfers,
)

app_name = "personnel"
urlpatterns = [
    path("pledges/", pledges.listing, name="pledges"),
    path("pledges/<int:number>/", pledges.person, name="pledge"),
    path("pledges/<int:number>/correct/", pledges.correct, name="pledge_correct"),
    path("pledges/paper/<int:number>/", pledges.paper, name="pledge_paper"),
    path("transfers/", transfers.listing, name="transfers"),
    path("transfers/form/", transfers.form_file, name="transfer_form"),
    path("transfers/new/", transfers.new, name="transfer_new"),
    path("transfers/confirm/", transfers.confirm, name="transfer_confirm"),
    path("transfers/<int:number>/", transfers.one, name="transfer"),
    path("key-register/", keys.listing, name="keys"),
    path("key-register/new/", keys.new, name="key_new"),
    path("key-register/<int:number>/", keys.one, name="key"),
    path("key-register/<int:number>/<int:event>/correct/", keys.correct, name="key_correct"),
    path("rosters/", rosters.listing, name="rosters"),
    path("rosters/form/", rosters.form_file, name="roster_form"),
    path("rosters/new/", rosters.take_in, name="roster_new"),
    path("rosters/<int:number>/correct/", rosters.correct, name="roster_correct"),
    path("signers/", signers.page, name="signers"),
    path("passwords/", passwords.listing, name="passwords"),
    path("passwords/<int:number>/", passwords.person, name="password"),
    path("passwords/<int:number>/issue/", passwords.issue, name="password_issue"),
    path("passwords/<int:number>/force/", passwords.force, name="password_force"),
    path("passwords/<int:number>/unlock/", passwords.unlock, name="password_unlock"),
    path("handovers/", handovers.listing, name="handovers"),
    path("handovers/new/", handovers.new, name="handover_new"),
    path("handovers/<int:number>/", handovers.paper, name="handover"),
]
