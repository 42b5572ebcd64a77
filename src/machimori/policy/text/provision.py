# SPDX-License-Identifier: AGPL-3.0-or-later
"""第3章, first half: who may see footage, on which grounds it is provided, and the procedure."""

from machimori.policy.questions import Choice, catalogue
from machimori.policy.text.drafting import NOTHING, Drafting
from machimori.policy.text.grounds import (
    alike,
    case_of,
    ground_phrase,
    ground_reference,
    provision_under,
)
from machimori.policy.text.structure import Article, Item, Paragraph, joined

_USES = {"view": "閲覧", "print": "印刷", "copy": "複製"}
_DOCUMENTS = {"written_request": "依頼の文書", "statutory_inquiry": "その他の法令に基づく照会書"}
_FIELDS = {
    "body": "所属",
    "case": "具体的な事案",
    "photo_id": "本人確認書類（写真付きのものに限る。）",
    "subject_consent": "申出者が本人でない場合は、本人の同意書",
    "face_photo": "申出者が本人でない場合は、本人が特定できる顔写真等",
}


def viewing(d: Drafting) -> Article:
    """（画像の視聴及び利用）: who may look, and use for management (A12, K6)."""
    paragraphs = []
    if viewers := d.people("acts.view"):
        paragraphs.append(
            d.paragraph(f"画像を視聴することができる者は、{viewers}に限る。", "acts.view")
        )
    paragraphs += _internal(d)
    barred = [
        post
        for post in ("installer", "host", "auditor", "system_administrator")
        if d.has(post) and d.yes(f"posts.{post}.no_footage")
    ]
    for stated in (True, False):
        some = [post for post in barred if d.stated(f"posts.{post}.no_footage") is stated]
        if some:
            paragraphs.append(
                d.paragraph(
                    f"{joined([d.name(one) for one in some], '及び')}は、"
                    "画像を視聴することができない。",
                    *(f"posts.{post}.no_footage" for post in some),
                )
            )
    return Article(name="viewing", caption="画像の視聴及び利用", paragraphs=tuple(paragraphs))


def _internal(d: Drafting) -> list[Paragraph]:
    if d.unset("internal.allowed"):
        text = f"管理上の必要による画像の利用については、{d.mark('internal.allowed')}とする。"
        return [d.paragraph(text, "internal.allowed")]
    if not d.yes("internal.allowed"):
        text = "画像は、提供に必要な場合のほか、管理上の必要により利用してはならない。"
        return [d.paragraph(text, "internal.allowed")]
    acts = d.profile.names("internal.acts")
    uses = joined([_USES[act] for act in acts or ()], "又は") or NOTHING
    if acts is None:
        uses = d.mark("internal.acts")
    users = d.holders("acts.use_internally", "又は")
    on_ground = d.yes("internal.ground_required")
    when = "管理上必要があるときは"
    if on_ground:
        when = f"{case_of(d, d.profile.members('grounds'))}に限り"
    paragraphs = [
        d.paragraph(
            f"{users}は、{when}、画像を利用（{uses}に限る。）することができる。",
            "internal.allowed",
            "acts.use_internally",
            "internal.acts",
            *(("internal.ground_required",) if on_ground else ()),
            name="internal",
        )
    ]
    if d.yes("internal.attendees"):
        paragraphs.append(
            d.paragraph(
                f"{d.manager}は、特に必要があると認めるときは、その理由を記録して、前項の利用に管理責任者等"
                "以外の者を立ち会わせることができる。",
                "internal.attendees",
            )
        )
    elif d.stated("internal.attendees"):
        text = "前項の利用には、管理責任者等以外の者を立ち会わせてはならない。"
        paragraphs.append(d.paragraph(text, "internal.attendees"))
    elif d.unset("internal.attendees"):
        key = "internal.attendees"
        text = f"管理責任者等以外の者の前項の利用への立会いについては、{d.mark(key)}とする。"
        paragraphs.append(d.paragraph(text, key))
    return paragraphs


def limits(d: Drafting) -> Article:
    """（画像の利用及び提供の制限）: each ground a 号 in the document's words (I12, A13, K13)."""
    every = d.grounds()
    uses = [ground.id for ground in every if "use" in ground.opens]
    both = bool(every) and len(uses) == len(every) and d.yes("internal.ground_required")
    act = (
        "画像を利用し、又は第三者に提供してはならない。"
        if both
        else "画像を第三者に提供してはならない。"
    )
    opens = [f"grounds.{ground.id}.opens" for ground in every] if both else []
    labels = {one.id: f"grounds.{one.id}.label" for one in every}
    phrases = {name: ground_phrase(d.words(key)) for name, key in labels.items()}
    if not every:
        first = d.paragraph(f"管理責任者等は、{act}", "provision.closed", name="grounds")
    elif len(every) == 1:
        (name,) = phrases
        text = f"管理責任者等は、{phrases[name]}を除き、{act}"
        first = d.paragraph(text, labels[name], "provision.closed", *opens, name="grounds")
    else:
        items = [d.item(f"{phrase}。", labels[name], name=name) for name, phrase in phrases.items()]
        text = f"管理責任者等は、次の各号のいずれかに該当する場合を除き、{act}"
        first = d.paragraph(text, "provision.closed", *opens, name="grounds", items=items)
    return Article(
        name="limits",
        caption="画像の利用及び提供の制限",
        paragraphs=(first, *_consent(d)),
    )


def _consent(d: Drafting) -> list[Paragraph]:
    paragraphs = []
    for name in d.profile.members("grounds"):
        key = f"grounds.{name}.consent_scope"
        if not d.profile.applies(key):
            continue
        where = ground_reference(d, (name,))
        match d.profile.text(key):
            case "each":
                text = f"{where}の同意は、当該画像から識別される全ての個人の同意とする。"
            case "applicant":
                text = (
                    f"{where}の同意は、申出に係る本人の同意で足りるものとする。この場合において、"
                    "他の者が識別されないようにしなければならない。"
                )
            case _:
                text = f"{where}の同意を得るべき者については、{d.mark(key)}とする。"
        paragraphs.append(d.paragraph(text, key))
    return paragraphs


def procedure(d: Drafting) -> Article | None:
    """（提供の手続）: what is applied for, with which documents, by whom."""
    if not d.profile.members("grounds"):
        return None
    paragraphs = [_application(d), *_fields(d), *_documents(d), *_identity(d)]
    return Article(name="procedure", caption="提供の手続", paragraphs=tuple(paragraphs))


def _application(d: Drafting) -> Paragraph:
    key = "provision.application_required"
    applicant = "画像の提供を求める者（以下「申請者」という。）"
    if d.unset(key):
        return d.paragraph(f"{applicant}の申請書の提出については、{d.mark(key)}とする。", key)
    if d.yes(key):
        title = "forms.request.title"
        return d.paragraph(
            f"{applicant}は、{d.form('request')}を{d.manager}に提出しなければならない。",
            key,
            *((title,) if d.stated(title) else ()),
        )
    return d.paragraph(
        f"{applicant}から提供の求めがあったときは、これを記録して受け付けるものとする。", key
    )


def _documents(d: Drafting) -> list[Paragraph]:
    groups = alike(d, "paper", "documents")
    paragraphs = [_paper(d, names) for names in groups]
    for names in alike(d, "paper", "urgent_variant"):
        key = f"grounds.{names[0]}.urgent_variant"
        if not d.profile.applies(key) or d.profile.flag(key) is False:
            continue
        keys = [f"grounds.{name}.urgent_variant" for name in names]
        where = case_of(d, names)
        if d.unset(key):
            text = (
                f"{where}において緊急を要するときの文書の提出の時期については、"
                f"{d.mark(key)}とする。"
            )
        else:
            text = (
                f"{where}において緊急を要するときは、相手方の身分を確認した上で、{d.manager}が"
                "許可したときに限り、文書の提出を受ける前に提供することができる。この場合において、文書は、"
                "提供の後、速やかに提出を受けなければならない。"
            )
        paragraphs.append(d.paragraph(text, *keys))
    return paragraphs


def _paper(d: Drafting, names: tuple[str, ...]) -> Paragraph:
    paper = f"grounds.{names[0]}.paper"
    keys = [f"grounds.{name}.{word}" for word in ("paper", "documents") for name in names]
    where = case_of(d, names)
    listed = d.profile.names(f"grounds.{names[0]}.documents")
    chosen = {one.id: one.ja for one in _choices("grounds.x.documents")} | _DOCUMENTS
    documents = joined([chosen[one] for one in listed or ()], "又は") or NOTHING
    match d.profile.text(paper):
        case "prior":
            text = f"{where}は、あらかじめ{documents}の提出を受けなければならない。"
        case "after":
            text = f"{where}は、提供の後に{documents}の提出を受けることができる。"
        case "none":
            other = "申請書のほか、" if d.yes("provision.application_required") else ""
            text = f"{where}は、{other}文書の提出を要しない。"
        case _:
            text = f"{where}における文書の提出については、{d.mark(paper)}とする。"
            keys = [key for key in keys if key.endswith(".paper")]
    return d.paragraph(text, *keys)


def _identity(d: Drafting) -> list[Paragraph]:
    paragraphs = []
    for names in alike(d, "identity_checked"):
        keys = [f"grounds.{name}.identity_checked" for name in names]
        every = names == d.profile.members("grounds")
        where = "" if every else f"{case_of(d, names)}において"
        if d.unset(keys[0]):
            mark = d.mark(keys[0])
            text = f"{where}画像を提供するときの相手方の身分の確認については、{mark}とする。"
            paragraphs.append(d.paragraph(text, *keys))
        elif d.yes(keys[0]):
            text = f"{where}画像を提供するときは、相手方の身分を確認しなければならない。"
            paragraphs.append(d.paragraph(text, *keys))
    return paragraphs


def _fields(d: Drafting) -> list[Paragraph]:
    """What the product asks for is one list with its exceptions, what a document asks another."""
    added = tuple(
        name
        for name in d.profile.members("grounds")
        if d.profile.names(f"grounds.{name}.fields_added")
    )
    lists = [added] if added else []
    lists += [names for names in alike(d, "fields", "fields_added") if names[0] not in added]
    paragraphs = []
    for names in lists:
        items = _asked(d, names)
        if not items:
            continue
        papers = any(item.name in ("photo_id", "subject_consent", "face_photo") for item in items)
        things = "事項及び書類" if papers else "事項"
        text = (
            f"{provision_under(d, names)}の求めには、次に掲げる{things}を示すことを"
            "求めるものとする。"
        )
        lead = [f"grounds.{name}.fields_added" for name in names] if names == added else []
        if not lead:
            lead = [f"grounds.{name}.fields" for name in names]
        paragraphs.append(d.paragraph(text, *lead, items=items))
    return paragraphs


def _asked(d: Drafting, names: tuple[str, ...]) -> list[Item]:
    chosen = {one.id: one.ja for one in _choices("grounds.x.fields")} | _FIELDS
    asked: dict[str, dict[str, str]] = {}
    for name in names:
        for word in ("fields_added", "fields"):
            key = f"grounds.{name}.{word}"
            for one in d.profile.names(key) or ():
                asked.setdefault(one, {})[name] = key
    common = [one for one, by in asked.items() if len(by) == len(names)]
    items = [d.item(chosen[one], *asked[one].values(), name=one) for one in common]
    for one, by in asked.items():
        if one not in common:
            text = f"{case_of(d, tuple(by))}は、{chosen[one]}"
            items.append(d.item(text, *by.values(), name=one))
    return items


def _choices(key: str) -> "tuple[Choice, ...]":
    return catalogue().question(key).choices
