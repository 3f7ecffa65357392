"""A small set of made-up definitions, so that tests of the machinery do not depend on real values."""

from textwrap import dedent

import pytest

from seedbed.agents.errors import BadInput
from seedbed.model import parameters

MADE_UP = """
    [fund.life]
    what = "years from first closing to the end of a fund"
    by = "fund_kind"
    value = { angel = 12, market = 7, patient = 12, alumni = 15, guidance = 10 }
    unit = "years"
    range = [5, 15]
    status = "observed"
    source = "report.alumni_fund; Someone 2013"

    [fund.tolerance]
    what = "silence after which a fund stops"
    by = "fund_kind"
    value = { angel = 4, market = "7/3", patient = 7, alumni = 7, guidance = 3 }
    unit = "years"
    range = [1, 12]
    status = "observed"
    source = "report.alumni_fund"
    [fund.tolerance.cites]
    alumni = "report.alumni_fund.tolerance_years"
    market = { fact = "report.alumni_fund.tolerance_years", over = "report.alumni_fund.market_tolerance_ratio" }

    [fund.tranche]
    what = "length of a tranche"
    value = 4
    unit = "quarters"
    range = [1, 12]
    status = "estimated"
    source = "target.A1_rounds"

    [fund.managers]
    what = "managers"
    by = "fund_kind"
    value = { angel = 4, market = 10, patient = 0, alumni = 1, guidance = 0 }
    unit = "count"
    range = [0, 40]
    status = "calibrated"
    source = "target.A8_graduation"

    [fund.rule]
    what = "whose stopping rule decides"
    value = "patience"
    unit = "choice"
    options = ["patience", "bayesian"]
    status = "assumed"
    why = "both are shipped"

    [venture.burn]
    what = "planned spending"
    by = ["form", "link"]
    unit = "million RMB per year"
    range = [0.5, 30]
    status = "assumed"
    why = "made up"
    [venture.burn.value]
    incremental = { applied_research = 1, invention = 2, development = 3, market_entry = 4.5 }
    radical = { applied_research = 2, invention = 4, development = 8, market_entry = 16.1 }

    [venture.drift]
    what = "log growth a year"
    value = -0.1
    unit = "log"
    range = [-0.5, 0.5]
    status = "assumed"
    why = "made up"

    [city.graduates]
    what = "graduates a year and university"
    value = 400
    unit = "count"
    range = [100, 1000]
    status = "assumed"
    why = "made up"

    [city.openness]
    what = "share of crossers let in"
    value = 0.4
    unit = "share"
    range = [0.1, 0.9]
    status = "assumed"
    why = "made up"

    [university.number]
    what = "universities"
    value = 2
    unit = "count"
    range = [1, 5]
    status = "assumed"
    why = "made up"
"""


@pytest.fixture
def made_up(tmp_path):
    """The made-up definitions, read from a file."""
    folder = tmp_path / "parameters"
    folder.mkdir()
    (folder / "all.toml").write_text(dedent(MADE_UP))
    return parameters.definitions(folder)


@pytest.fixture
def made_up_world(made_up, monkeypatch):
    """The made-up definitions in the place of those shipped."""
    monkeypatch.setattr(parameters, "definitions", lambda: made_up)
    return made_up


@pytest.fixture
def refused():
    """Call something that must be refused with a message that says what, what was given, what is allowed, and where."""

    def check(call, *, what, given, allowed, where):
        with pytest.raises(BadInput) as caught:
            call()
        text = str(caught.value)
        for name, part in {"what": what, "given": given, "allowed": allowed, "where": where}.items():
            assert part in text, f"{name}: {part!r} is not in: {text}"
        assert "\n" not in text.strip() or "toml" in text
        return caught.value

    return check
