# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scans of an extraction's papers: of the own station, and the city's."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from machimori.office.police.testing import Station
from machimori.office.scans.models import Scan

JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xd9"


def test_A17_the_station_attaches_and_the_city_reads(station: Station) -> None:
    """The station's officer attaches the paper; the city's manager fetches it from the page of the
    extraction; another station's officer finds neither."""
    file = station.written()
    address = reverse("scans:attach", args=["police", file.extraction.pk])
    typed = {"paper": "application", "file": SimpleUploadedFile("x", JPEG)}
    answer = station.desk.browser(station.operator).post(address, typed)
    assert answer.status_code == 302
    scan = Scan.objects.get(about=file.extraction.pk)
    link = reverse("scans:download", args=[scan.pk])
    browser = station.desk.browser()
    assert link in browser.get(answer["Location"]).content.decode()
    assert browser.get(link).content == JPEG
    other = Station.of(station.desk, "西警察署")
    assert station.desk.browser(other.operator).get(link).status_code == 404
