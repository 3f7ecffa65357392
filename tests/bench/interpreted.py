"""A few quarters of a world with the rules interpreted, and how many blocks of chance they look up: run with NUMBA_DISABLE_JIT=1.

usage: interpreted.py FOLDER QUARTERS     reads the world in FOLDER, leaves it there, prints JSON
"""

import json
import sys
import time
from pathlib import Path

import worlds

from seedbed.agents import draws
from seedbed.agents.rule import INTERPRETED
from seedbed.model.schedule import quarters


def main() -> None:
    if not INTERPRETED:
        sys.exit("interpreted.py is to be run with NUMBA_DISABLE_JIT=1")
    folder, number = Path(sys.argv[1]), int(sys.argv[2])
    world = worlds.read(folder)
    looked_up = 0
    block = draws._block

    def counted(*address):
        nonlocal looked_up
        looked_up += 1
        return block(*address)

    draws._block = counted
    live = 0
    started = time.process_time()
    for _ in range(number):
        quarters(world, int(world.clock[0].now) + 1)
        live += int(world.series[int(world.clock[0].now) - 1].live)
    seconds = time.process_time() - started
    worlds.write(world, folder)
    print(json.dumps({"seconds": seconds, "venture_ticks": live, "blocks": looked_up}))


main()
