# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a page that asks for a signature over a statement answers the browser (`key.js`)."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _t

from machimori.kernel.envelope import Envelope
from machimori.office.people.models import Person
from machimori.office.people.signing_in import keys
from machimori.office.shared.errors import ActionRefusedError


def asked(person: Person, statement: Envelope | None) -> JsonResponse:
    """What the browser asks the key: to sign the statement's digest."""
    if statement is None:
        return JsonResponse({}, status=404)
    found, _ = keys().begin_signature(person, statement.digest())
    return JsonResponse(found)


def signed(request: HttpRequest, act: Callable[[Mapping[str, Any]], str]) -> JsonResponse:
    """What the key answered, handed to `act`, which returns where to go. JSON both ways."""
    try:
        response = json.loads(request.body)
        if not isinstance(response, dict):
            raise ValueError("an assertion is an object")
        return JsonResponse({"location": act(response)})
    except ActionRefusedError as error:
        text = "。".join([error.heading, *(reason.text for reason in error.reasons)])
        return JsonResponse({"refused": text}, status=403)
    except ValueError:
        return JsonResponse({"refused": _t("もう一度キーのボタンを押してください。")}, status=400)
