"""A study on the stand-in as a process of its own, for tests that kill it: python outside.py OUT [--executor ...].

It says "started" and its process number, and at the end "done", or in one line what stopped it.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from standin import StandIn  # noqa: E402

from seedbed.experiments.design import Experiment, grid  # noqa: E402

SEEDS = 150


def experiment(seeds=SEEDS, keeps=("curves",)):
    """Four arms; one keeps its curves."""
    arms = grid("baseline", {"fund.tolerance.market": [7 / 3, 7], "fund.life.market": [7, 12]})
    from dataclasses import replace

    return Experiment("outside", (replace(arms[0], keeps=keeps), *arms[1:]), seeds)


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("out")
    asked.add_argument("--executor", default="threads")
    asked.add_argument("--shard")
    asked.add_argument("--seconds", type=float, default=0.01)
    asked.add_argument("--kill", nargs=2, metavar=("ARM", "SEED"), help="the run that ends its worker; ARM by its place")
    asked.add_argument("--little", type=float, help="the least space, in bytes, that a disk must have")
    given = asked.parse_args()
    from seedbed.experiments import store
    from seedbed.experiments.pool import Stopped
    from seedbed.experiments.runner import run

    if given.little is not None:
        store.SPACE_NEEDED = given.little
    study = experiment()
    kill = {(study.arms[int(given.kill[0])].name, int(given.kill[1]))} if given.kill else ()
    print("started", os.getpid(), flush=True)
    try:
        run(
            study,
            model=StandIn(seconds=given.seconds, kill=kill),
            out=given.out,
            executor=given.executor,
            shard=given.shard,
            workers=2,
            progress=False,
        )
    except (store.BadInput, Stopped, KeyboardInterrupt) as error:
        print(type(error).__name__, error, flush=True)
        raise SystemExit(3) from None
    print("done", flush=True)


if __name__ == "__main__":
    main()
