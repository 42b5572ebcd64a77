# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of personnel."""

from django.urls import path

from machimori.office.personnel.views import pledges

app_name = "personnel"
urlpatterns = [
    path("pledges/", pledges.listing, name="pledges"),
    path("pledges/<int:number>/", pledges.person, name="pledge"),
    path("pledges/<int:number>/correct/", pledges.correct, name="pledge_correct"),
    path("pledges/paper/<int:number>/", pledges.paper, name="pledge_paper"),
]
