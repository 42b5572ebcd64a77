# SPDX-License-Identifier: AGPL-3.0-or-later
"""How far the job is that makes packages, in words for a page that asks again by itself."""

from dataclasses import dataclass

from django.utils.translation import gettext as _t

from machimori.office.jobs.actions import latest


@dataclass(frozen=True, kw_only=True)
class Making:
    """How far the packages of an extraction are."""

    state: str
    """As `jobs.models.Progress.state`."""
    percent: int
    text: str
    """What it does, what it waits for, or why it could not."""
    remedy: str = ""
    """What somebody can do about it."""

    @property
    def over(self) -> bool:
        """Whether nothing changes by itself any more."""
        return self.state in ("done", "failed")


def done(text: str) -> Making:
    """The packages are there."""
    return Making(state="done", percent=100, text=text)


def failed(reason: str) -> Making:
    """They could not be made, and why."""
    return Making(
        state="failed",
        percent=0,
        text=reason,
        remedy=_t("直してから、もう一度「取り出す」を押してください。"),
    )


def running(task: str, subject: str) -> Making:
    """As the worker says."""
    found = latest(task, subject)
    if found is None or found.state == "failed":
        return Making(
            state="failed",
            percent=0,
            text=_t("証拠一式を作れませんでした。"),
            remedy=_t("システム担当に伝えてください。"),
        )
    percent = min(99, found.done * 100 // found.total) if found.total else 0
    if found.state == "waiting" and found.reason == "unavailable":
        return Making(
            state="waiting",
            percent=percent,
            text=_t(
                "画像の保管庫か台帳が応答しないので、待っています。応答すると、自動で続けます。"
            ),
            remedy=_t("管理責任者に、保管庫が開いているかを確かめてもらってください。"),
        )
    if found.state == "waiting":
        return Making(state="waiting", percent=percent, text=_t("順番を待っています。"))
    return Making(
        state="running",
        percent=percent,
        text=_t("証拠一式を作り、確かめています。画面を閉じても続きます。"),
    )
