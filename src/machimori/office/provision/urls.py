# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of provision."""

from django.urls import path

from machimori.office.provision.views import (
    applying,
    cases,
    circulating,
    deciding,
    elsewhere,
    ending,
    endorsing,
    intake,
    keeping,
    looking,
    papers,
    reviewing,
)

app_name = "provision"
urlpatterns = [
    path("intake/", intake.new, name="intake"),
    path("intake/look/", looking.look, name="look"),
    path("apply/", applying.page, name="apply"),
    path("apply/<slug:scheme>/<slug:kind>/", applying.form, name="blank"),
    path("cases/", cases.listing, name="cases"),
    path("cases/<slug:name>/", cases.case, name="case"),
    path("cases/<slug:name>/take-in/", intake.take_in, name="take_in"),
    path("cases/<slug:name>/amend/", intake.amend, name="amend"),
    path("cases/<slug:name>/correction/", intake.ask_correction, name="correction"),
    path("cases/<slug:name>/document/", intake.document, name="document"),
    path("cases/<slug:name>/draft/", deciding.draft, name="draft"),
    path("cases/<slug:name>/round/", circulating.agree, name="round"),
    path("cases/<slug:name>/round/back/", circulating.hand_back, name="hand_back"),
    path("cases/<slug:name>/decide/", deciding.decide, name="decide"),
    path("cases/<slug:name>/decide/options/", deciding.options, name="options"),
    path("cases/<slug:name>/decide/sign/", deciding.sign, name="sign"),
    path("cases/<slug:name>/decide/sign/demo/", deciding.sign_demo, name="sign_demo"),
    path("cases/<slug:name>/decide/part/", deciding.narrow, name="narrow"),
    path("cases/<slug:name>/elsewhere/", elsewhere.record, name="elsewhere"),
    path("cases/<slug:name>/decide/back/", deciding.send_back, name="send_back"),
    path("cases/<slug:name>/decide/refuse/", deciding.refuse, name="refuse"),
    path("cases/<slug:name>/hold/", keeping.hold, name="hold"),
    path("cases/<slug:name>/hold/end/", keeping.release, name="release_hold"),
    path("cases/<slug:name>/nothing/", ending.nothing, name="nothing"),
    path("cases/<slug:name>/take-back/", ending.take_back, name="take_back"),
    path("cases/<slug:name>/tell/", ending.tell, name="tell"),
    path("cases/<slug:name>/stop/", ending.stop, name="stop"),
    path("cases/<slug:name>/papers/<slug:kind>/", papers.paper, name="paper"),
    path("cases/<slug:name>/instruct/", deciding.instruct, name="instruct"),
    path("cases/<slug:name>/attendee/", reviewing.permit_attendee, name="attendee"),
    path("cases/<slug:name>/review/", endorsing.review, name="review"),
    path("cases/<slug:name>/review/options/", endorsing.options, name="review_options"),
    path("cases/<slug:name>/review/sign/", endorsing.sign, name="review_sign"),
    path("cases/<slug:name>/review/sign/demo/", endorsing.sign_demo, name="review_sign_demo"),
]
