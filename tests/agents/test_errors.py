"""Bad input: one readable sentence that names what, the value, what is allowed, and where."""

import pickle

import pytest

from seedbed.agents.errors import BadInput


def test_it_is_a_value_error_that_keeps_its_parts():
    error = BadInput(what="fund.life", given=99, allowed=(5, 15), where="fund.toml")
    assert isinstance(error, ValueError)
    assert (error.what, error.given, error.allowed, error.where) == ("fund.life", 99, (5, 15), "fund.toml")


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (
            dict(what="unit", given="month", allowed=["years", "quarters"], where="fund.toml"),
            "Unit cannot be 'month' (fund.toml); allowed: 'years' or 'quarters'.",
        ),
        (
            dict(what="unit", given="year", allowed=["years", "quarters"], where="fund.toml"),
            "Unit cannot be 'year' (fund.toml); allowed: 'years' or 'quarters'; did you mean 'years'?",
        ),
        (
            dict(what="venture.burn", given=-1.0, allowed=(0.5, 20.0), where="--set"),
            "venture.burn cannot be -1.0 (--set); allowed: from 0.5 to 20.0.",
        ),
        (
            dict(what="status", given=None, allowed="observed, estimated, calibrated or assumed.", where="fund.toml"),
            "Status is missing (fund.toml); allowed: observed, estimated, calibrated or assumed.",
        ),
        (
            dict(what="scenario", given="x", allowed=[], where="command line"),
            "Scenario cannot be 'x' (command line); allowed: nothing.",
        ),
        (
            dict(what="seed", given=-1, allowed=range(20), where="--seeds"),
            "Seed cannot be -1 (--seeds); allowed: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 8 more.",
        ),
        (
            dict(what="kind", given="bank", allowed={"angel": 0, "market": 1}.keys(), where="--set"),
            "Kind cannot be 'bank' (--set); allowed: 'angel' or 'market'.",
        ),
    ],
)
def test_it_reads_as_one_sentence(parts, sentence):
    assert str(BadInput(**parts)) == sentence


def test_it_comes_back_whole_from_a_worker_process():
    error = BadInput(what="kind", given="bank", allowed=(k for k in ("angel", "market")), where="--set")
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is BadInput
    assert str(back) == str(error)
    assert back.allowed == ["angel", "market"]
