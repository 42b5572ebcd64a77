# SPDX-License-Identifier: AGPL-3.0-or-later
"""Giving the vault its root from a page. The secret goes through to its socket and nowhere else."""

from typing import Literal

from django.db import transaction
from django.utils.translation import gettext as _t

from machimori.kernel.errors import MachimoriError
from machimori.kernel.instants import micros
from machimori.ledger.entry import Entry
from machimori.office.operation import access
from machimori.office.operation.models import Attempt
from machimori.office.people.acting import Acting
from machimori.office.shared.engine import engine
from machimori.office.shared.errors import ActionRefusedError, Reason
from machimori.office.shared.recording import record
from machimori.vault.errors import VaultRefusedError

Kind = Literal["opened", "rehearsed"]


def give(secret: bytes, *, note: str = "", acting: Acting) -> Attempt:
    """Open the vault, or, if it is open, practise: the vault compares the secret all the same.

    Every try is a row and an entry in the ledger, the wrong ones too. Raises ActionRefusedError if
    `acting` may not, the secret is wrong, or the vault does not answer.
    """
    access.check_opens(acting)
    vault = engine().vault
    try:
        kind: Kind = "rehearsed" if vault.status().open else "opened"
        vault.unlock(secret)
    except VaultRefusedError as error:
        _keep(kind, note, succeeded=False, acting=acting)
        raise ActionRefusedError(
            _t("開けませんでした"),
            Reason(
                text=_t(
                    "合言葉か鍵のファイルが違います。大文字と小文字、全角と半角を確かめてください。"
                )
            ),
        ) from error
    except MachimoriError as error:
        raise ActionRefusedError(
            _t("保管庫が答えません"),
            Reason(text=_t("保管庫のプログラムが動いていません。システム担当に知らせてください。")),
        ) from error
    return _keep(kind, note, succeeded=True, acting=acting)


@transaction.atomic
def _keep(kind: Kind, note: str, *, succeeded: bool, acting: Acting) -> Attempt:
    made = Attempt.objects.create(
        kind=kind, succeeded=succeeded, note=note, at=acting.at, by=acting.person
    )
    record(
        Entry(
            type="vault.opened" if kind == "opened" else "vault.rehearsed",
            at=micros(acting.at),
            subject={"by": acting.person.officer},
            data={"opened": succeeded},
        )
    )
    return made
