# SPDX-License-Identifier: AGPL-3.0-or-later
import json

import pytest

from machimori.simcity.bench.figures import Figure, as_json, as_table, ratios


def figure(*samples: float, better: str = "less", **bounds: float) -> Figure:
    return Figure(name="x", unit="s", better=better, samples=samples, **bounds)  # type: ignore[arg-type]


def test_the_quoted_figure_is_the_median() -> None:
    assert figure(9.0, 1.0, 2.0).median == 2.0


@pytest.mark.parametrize(
    ("value", "better", "verdict"),
    [(1.0, "less", "aim"), (2.0, "less", "must"), (2.1, "less", "missed")],
)
def test_a_figure_says_what_it_reached(value: float, better: str, verdict: str) -> None:
    assert figure(value, better=better, must=2.0, aim=1.0).verdict() == verdict


def test_more_may_be_better() -> None:
    assert figure(5.0, better="more", must=4.0, aim=6.0).verdict() == "must"
    assert figure(3.0, better="more", must=4.0, aim=6.0).verdict() == "missed"
    assert figure(3.0).verdict() == "stated"


def test_ratios_are_taken_pair_by_pair() -> None:
    assert ratios([1.0, 4.0], [2.0, 2.0]) == (0.5, 2.0)
    with pytest.raises(ValueError, match="zip"):
        ratios([1.0], [])


def test_a_table_for_people_and_an_object_for_machines() -> None:
    figures = [figure(1.0, 3.0, 2.0, must=2.0)]
    assert "2 s" in as_table(figures)
    read = json.loads(as_json(figures))
    assert read["x"]["median"] == 2.0
    assert read["x"]["must"] == 2.0
