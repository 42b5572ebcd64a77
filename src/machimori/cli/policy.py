# SPDX-License-Identifier: AGPL-3.0-or-later
"""`machimori policy`: read, check and ask the rules of a scheme.

`check` ends with 100 if rules contradict one another, `decide` with 101 if the act is refused.
"""

import argparse
import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from typing import Any, get_args

from machimori.cli import inputs, policy_text
from machimori.kernel.errors import UsageError
from machimori.kernel.instants import TOKYO
from machimori.policy.adoption import adopt_recommended, in_force, open_points, undecided
from machimori.policy.contradictions import contradictions
from machimori.policy.decisions import decide
from machimori.policy.profile import Profile, bundled, profiles
from machimori.policy.questions import catalogue
from machimori.policy.requests import Act, Hours, Request
from machimori.policy.table import decision_table
from machimori.policy.wording import in_words, source

CONTRADICTORY = 100
REFUSED = 101

_PROFILE = "id of a profile that ships with the product, or a TOML file"

_Subparsers = argparse._SubParsersAction


def register(subparsers: "_Subparsers[argparse.ArgumentParser]") -> None:
    """Add `policy` and its commands."""
    parser = subparsers.add_parser("policy", help="the rules of a scheme, as data")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(
        name: str, act: Callable[[argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=act)
        return made

    command("list", _list, "the profiles that ship with the product, and what is open in each")
    show = command("show", _show, "every answer of a profile, with its source")
    show.add_argument("profile", help=_PROFILE)
    show.add_argument("--json", action="store_true", help="one object for machines")
    check = command(
        "check", _check, "what contradicts itself (status 100), and what the city has yet to decide"
    )
    check.add_argument("profile", help=_PROFILE)
    check.add_argument("--adopted", type=dt.date.fromisoformat, metavar="DAY", help=_ADOPTED)
    table = command("table", _table, "everything the rules decide, as tab-separated lines")
    table.add_argument("profile", help=_PROFILE)
    table.add_argument("--adopted", type=dt.date.fromisoformat, metavar="DAY", help=_ADOPTED)
    policy_text.register(command)
    asked = command(
        "decide", _decide, "whether a post may do an act, and why not (status 101 if refused)"
    )
    asked.add_argument("profile", help=_PROFILE)
    asked.add_argument("act", choices=get_args(Act))
    asked.add_argument("post", choices=[post.id for post in catalogue().members["posts"]])
    asked.add_argument("--adopted", type=dt.date.fromisoformat, metavar="DAY", help=_ADOPTED)
    asked.add_argument("--ground", default="", help="id of a ground of the profile")
    asked.add_argument("--hours", choices=get_args(Hours), default="open")
    asked.add_argument(
        "--at", type=dt.datetime.fromisoformat, required=True, help="local time, 2026-05-14T10:30"
    )
    asked.add_argument(
        "--given",
        action="append",
        default=[],
        metavar="FACT[=VALUE]",
        help="a fact of the request, repeatable: document_present, signers=1, fields=body,name",
    )


_ADOPTED = "as if the city had adopted every recommended value on this day"


def _load(options: argparse.Namespace) -> Profile:
    profile = inputs.profile(options.profile)
    day: dt.date | None = getattr(options, "adopted", None)
    if day is None:
        return profile
    adoptions = adopt_recommended(profile, decision="", adopted_on=day, effective_from=day)
    return in_force(profile, adoptions, day)


def _list(_: argparse.Namespace) -> int:
    for name in profiles():
        document = bundled(name).document
        points = len(open_points(bundled(name)))
        print(f"{name}\t{document.kind}\topen {points}\t{document.city} {document.title}")
    return 0


def _show(options: argparse.Namespace) -> int:
    profile = _load(options)
    if options.json:
        print(json.dumps(_as_data(profile), ensure_ascii=False, indent=1, default=str))
        return 0
    for section in catalogue().sections:
        print(f"\n{section.ja}  {section.en}")
        for key, answer in profile.answers.items():
            question = catalogue().question(key)
            if question.section != section.id:
                continue
            if answer.value is None:
                assert answer.recommended is not None
                proposal = in_words(question, answer.recommended)[0]
                text = f"未設定（おすすめ：{proposal}。{answer.reason}）"
            else:
                text = f"{in_words(question, answer.value)[0]}  ［{source(profile, key).ja}］"
            print(f"  {key}  {question.ja}：{text}")
    return 0


def _as_data(profile: Profile) -> dict[str, Any]:
    return {
        "document": dataclasses.asdict(profile.document),
        "above": [dataclasses.asdict(document) for document in profile.above],
        "answers": {key: dataclasses.asdict(answer) for key, answer in profile.answers.items()},
    }


def _check(options: argparse.Namespace) -> int:
    profile = _load(options)
    found = contradictions(profile)
    for contradiction in found:
        print(f"contradiction\t{contradiction.key}\t{contradiction.code}: {contradiction.text_en}")
    for point in undecided(profile):
        word = "open" if point.question.blocks else "open, does not block"
        low = "" if point.answer.minimum is None else f" from {point.answer.minimum}"
        high = "" if point.answer.maximum is None else f" up to {point.answer.maximum}"
        print(f"{word}\t{point.key}\t{point.question.en}{low}{high} {point.answer.clause}".rstrip())
    return CONTRADICTORY if found else 0


def _table(options: argparse.Namespace) -> int:
    print(decision_table(_load(options)), end="")
    return 0


def _decide(options: argparse.Namespace) -> int:
    at: dt.datetime = options.at
    request = Request(
        act=options.act,
        post=options.post,
        ground=options.ground,
        hours=options.hours,
        at=at if at.tzinfo is not None else at.replace(tzinfo=TOKYO),
        **_facts(options.given),
    )
    decision = decide(_load(options), request)
    print("allowed" if decision.allowed else "refused")
    for reason in decision.reasons:
        print(f"{reason.code}\t{reason.text_ja}\t{reason.text_en}")
    if decision.allowed:
        for said in decision.basis:
            print(f"{said.key}\t{said.ja}")
    return 0 if decision.allowed else REFUSED


def _facts(words: list[str]) -> dict[str, Any]:
    fixed = {"act", "post", "ground", "hours", "at"}
    defaults = {
        field.name: field.default
        for field in dataclasses.fields(Request)
        if field.name not in fixed
    }
    facts: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        default = defaults.get(name)
        match default:
            case bool() if not equals:
                facts[name] = not default
            case int() if not isinstance(default, bool) and value.isdecimal():
                facts[name] = int(value)
            case str() if equals:
                facts[name] = value
            case frozenset() if equals:
                facts[name] = frozenset(value.split(","))
            case _:
                raise UsageError(
                    "no such fact, or not of this form",
                    where=f"--given {word}",
                    remedy="one of " + ", ".join(sorted(defaults)),
                )
    return facts
