"""Results made by hand: what `runner.Results` answers, filled from a function in microseconds, nothing run and nothing stored."""

import numpy as np

from seedbed.agents.errors import BadInput


class Made:
    """The results of an experiment whose outcomes are `function(arm, seed) -> dict`; a run that raises has failed."""

    def __init__(self, experiment, function, labels=None):
        self.experiment, self.labels = experiment, dict(labels or {})
        rows, failed = {}, 0
        for place, seed in enumerate(experiment.seeds):
            for column, arm in enumerate(experiment.arms):
                try:
                    rows[place, column] = function(arm, seed)
                except ArithmeticError:
                    failed += 1
        self.names = list(next(iter(rows.values())))
        self._cube = np.full((len(experiment.seeds), len(experiment.arms), len(self.names)), np.nan)
        for (place, column), row in rows.items():
            self._cube[place, column] = [row[name] for name in self.names]
        self.good = len(rows)

    @property
    def cube(self):
        return self._cube

    def values(self, outcome, arms=None):
        if outcome not in self.names:
            raise BadInput(what="the outcome", given=outcome, allowed=self.names, where=self.experiment.name)
        values = self._cube[:, :, self.names.index(outcome)]
        place = {arm.name: column for column, arm in enumerate(self.experiment.arms)}
        return values if arms is None else values[:, [place[self.experiment.arm(name).name] for name in arms]]

    def curve(self, name, arm):
        return None

    def label(self, outcome):
        return self.labels.get(outcome, (outcome,))[0]

    def unit(self, outcome):
        return self.labels.get(outcome, ("", ""))[1]
