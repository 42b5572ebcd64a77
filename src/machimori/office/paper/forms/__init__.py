# SPDX-License-Identifier: AGPL-3.0-or-later
"""The forms, each one frozen dataclass, in the order in which an office lists them."""

from machimori.office.paper.forms.answer import Approval, Instruction, NoFootageReply, Refusal
from machimori.office.paper.forms.direct import DirectReminder, DirectRequest
from machimori.office.paper.forms.disclosure import (
    DecisionExtension,
    DisclosureDecision,
    NonDisclosure,
    OpinionInquiry,
    OpposedDisclosure,
    PartialDisclosure,
)
from machimori.office.paper.forms.disclosure_notices import (
    ConsultationNotice,
    CorrectionNotice,
    MannerStatement,
    TransferNotice,
)
from machimori.office.paper.forms.disclosure_request import DisclosureRequest, ThirdPartyOpinion
from machimori.office.paper.forms.disposal import DisposalRecord
from machimori.office.paper.forms.emergency import EmergencyRequest, EmergencyVerdict
from machimori.office.paper.forms.ending import CorrectionReply, DecisionDraft, OutcomeReply
from machimori.office.paper.forms.handover import CopyReminder, MediaSlip, ProvidedReply, Receipt
from machimori.office.paper.forms.people import Pledge, PostHandover
from machimori.office.paper.forms.registers import ExtractionHistory, UsageRegister
from machimori.office.paper.forms.request import ProvisionRequest, SubjectRequest
from machimori.office.paper.masthead import Form

FORMS: tuple[type[Form], ...] = (
    ProvisionRequest,
    SubjectRequest,
    Approval,
    Refusal,
    NoFootageReply,
    OutcomeReply,
    CorrectionReply,
    DecisionDraft,
    Instruction,
    Receipt,
    MediaSlip,
    ProvidedReply,
    CopyReminder,
    UsageRegister,
    EmergencyRequest,
    EmergencyVerdict,
    DirectRequest,
    DirectReminder,
    ExtractionHistory,
    DisposalRecord,
    DisclosureRequest,
    DisclosureDecision,
    PartialDisclosure,
    NonDisclosure,
    DecisionExtension,
    OpinionInquiry,
    ThirdPartyOpinion,
    OpposedDisclosure,
    CorrectionNotice,
    TransferNotice,
    MannerStatement,
    ConsultationNotice,
    Pledge,
    PostHandover,
)

FORM_BY_KIND: dict[str, type[Form]] = {form.KIND: form for form in FORMS}
