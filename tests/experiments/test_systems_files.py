"""What the report's systems point to is there: programmes and scenarios load, parameters are defined, studies are declared."""

import tomllib

import pytest

from seedbed.experiments import systems as shelf
from seedbed.model import programmes
from seedbed.model.parameters import definitions
from seedbed.model.programmes import check_executed
from seedbed.model.scenario import Scenario

SYSTEMS = shelf.load()
STUDIES = sorted({study for system in SYSTEMS for study in (system.study, *system.also)} - {shelf.MAIN})


@pytest.mark.parametrize("name", sorted({name for system in SYSTEMS for name in system.programmes}))
def test_each_programme_is_shipped_and_carried_out(name):
    assert (programmes.FOLDER / f"{name}.toml").is_file()
    programme = programmes.load(name)
    check_executed(programme, programme.where)


@pytest.mark.parametrize("name", sorted({name for system in SYSTEMS for name in system.scenarios}))
def test_each_scenario_is_shipped_and_loads(name):
    assert name in Scenario.names()
    assert Scenario.load(name).name == name


@pytest.mark.parametrize("name", sorted({name for system in SYSTEMS for name in system.parameters}))
def test_each_parameter_is_defined(name):
    assert name in definitions()


@pytest.mark.parametrize("study", STUDIES)
def test_each_study_is_declared(study):
    assert (shelf.HERE / "studies" / f"{study}.toml").is_file()


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: str(system.number))
def test_its_study_names_the_system_and_has_the_finding(system):
    declared = tomllib.loads((shelf.HERE / "studies" / f"{system.study}.toml").read_text(encoding="utf-8"))
    assert system.number in declared["systems"]
    assert not system.finding or system.finding in [finding["name"] for finding in declared["findings"]]


def test_every_programme_that_is_shipped_belongs_to_a_system():
    carried = {name for system in SYSTEMS for name in system.programmes}
    assert set(programmes.names()) <= carried
