# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of personnel."""

from django.urls import path

from machimori.office.personnel.views import handovers, pledges, transfers

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
    path("handovers/", handovers.listing, name="handovers"),
    path("handovers/new/", handovers.new, name="handover_new"),
    path("handovers/<int:number>/", handovers.paper, name="handover"),
]
