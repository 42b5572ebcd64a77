# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routes of oversight."""

from django.urls import path

from machimori.office.oversight.views import (
    auditing,
    complaints,
    counts,
    disposal,
    reconciling,
    registers,
    statements,
    uses,
)

app_name = "oversight"
urlpatterns = [
    path("complaints/", complaints.listing, name="complaints"),
    path("complaints/new/", complaints.receive, name="receive"),
    path("complaints/id/<slug:name>/", complaints.complaint, name="complaint"),
    path("complaints/id/<slug:name>/reply/", complaints.reply, name="complaint_reply"),
    path("complaints/id/<slug:name>/close/", complaints.close, name="complaint_close"),
    path("audit/", auditing.page, name="audit"),
    path("audit/samples/new/", auditing.draw, name="draw"),
    path("audit/samples/<slug:name>/", auditing.sample, name="sample"),
    path("audit/samples/<slug:name>/<slug:line>/", auditing.look, name="look"),
    path("audit/opinions/new/", auditing.give, name="give"),
    path("audit/opinions/<slug:name>/reply/", auditing.reply, name="reply"),
    path("audit/verify/", auditing.verify, name="verify"),
    path("audit/verify/<slug:name>/paper/", auditing.paper, name="check_paper"),
    path("counts/", counts.counts, name="counts"),
    path("counts/report/", counts.report, name="report"),
    path("counts/report/compute/", counts.compute, name="compute"),
    path("counts/report/<slug:name>/publish/", counts.publish, name="publish"),
    path("report/<slug:scheme>/", counts.public_report, name="public_report"),
    path("disposal/", disposal.listing, name="disposal"),
    path("disposal/done/", disposal.done, name="disposed"),
    path("disposal/year/<int:year>/", disposal.decide, name="dispose"),
    path("disposal/stays/<slug:name>/release/", disposal.release, name="stay_release"),
    path("disposal/<slug:kind>/<slug:case>/", disposal.kept_case, name="kept"),
    path("disposal/<slug:kind>/<slug:case>/stay/", disposal.stay, name="stay"),
    path("registers/", registers.page, name="registers"),
    path("registers/uses/", uses.uses, name="uses"),
    path("registers/uses/import/", uses.bring_in, name="import"),
    path("registers/uses/paper/", uses.paper, name="uses_paper"),
    path("registers/uses/id/<slug:name>/", uses.use, name="use"),
    path("registers/provisions/", uses.provisions, name="provisions"),
    path("registers/provisions/paper/", uses.provisions_paper, name="provisions_paper"),
    path("registers/reconciliation/paper/", reconciling.paper, name="reconciliation_paper"),
    path("registers/reconciliation/", reconciling.listing, name="reconciliation"),
    path("registers/reconciliation/start/", reconciling.start, name="reconcile"),
    path("registers/reconciliation/id/<slug:name>/", reconciling.finding, name="finding"),
    path("registers/reconciliation/id/<slug:name>/answer/", reconciling.answer, name="answer"),
    path("registers/statements/", statements.listing, name="statements"),
    path("registers/statements/<slug:month>/<int:number>/", statements.statement, name="statement"),
    path(
        "registers/statements/<slug:month>/<int:number>/return/",
        statements.give_back,
        name="statement_return",
    ),
    path(
        "registers/statements/<slug:month>/<int:number>/confirm/",
        statements.confirm,
        name="statement_confirm",
    ),
    path(
        "registers/statements/<slug:month>/<int:number>/send-back/",
        statements.send_back,
        name="statement_send_back",
    ),
    path(
        "registers/statements/<slug:month>/<int:number>/paper/",
        statements.paper,
        name="statement_paper",
    ),
]
