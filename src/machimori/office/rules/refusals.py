# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why the rules do not take a decision, in the words of a page and with the clause."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _t

from machimori.kernel.errors import MachimoriError
from machimori.office.rules.words import bounds, in_words_with_unit
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.policy.answers import Answer
from machimori.policy.contradictions import Contradiction
from machimori.policy.errors import ContradictionError
from machimori.policy.profile import Profile
from machimori.policy.questions import catalogue


def not_taken(document: Profile, key: str, error: MachimoriError) -> ActionRefusedError:
    """The refusal of a decision on `key`; `document` is the profile without any decision."""
    if not isinstance(error, ContradictionError):
        return ActionRefusedError(
            _t("この値には決められません"),
            Reason(text=_t("この項目に入れられる値ではないか、いまの決まりでは使わない項目です。")),
        )
    answer = document.answers.get(key)
    if answer is None:
        return ActionRefusedError(
            _t("文書の定めと食い違います"),
            Reason(text=_t("文書が認めていない根拠は加えられません。")),
        )
    return ActionRefusedError(
        _t("文書の定めと食い違います"),
        Reason(text=_because(document, key, answer), clause=answer.clause),
    )


def _because(document: Profile, key: str, answer: Answer) -> str:
    cited = document.document.cite(answer.clause)
    question = catalogue().question(key)
    if answer.status == "stated" and answer.value is not None:
        value = in_words_with_unit(document, key, question, answer.value)
        return _t("%(cited)sは「%(value)s」と定めています。市の決定では変えられません。") % {
            "cited": cited,
            "value": value,
        }
    return _t("%(cited)sが市に任せているのは、%(bounds)sです。") % {
        "cited": cited or _t("文書"),
        "bounds": bounds(document, key, question, answer),
    }


def defeating(found: "tuple[Contradiction, ...]") -> ActionRefusedError:
    """The refusal of what would make the rules contradict themselves."""
    english = get_language() == "en"
    return ActionRefusedError(
        _t("ほかの決まりと食い違います"),
        *(Reason(text=one.text_en if english else one.text_ja) for one in found),
    )
