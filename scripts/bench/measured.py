#!/usr/bin/env python3
"""Runs a command and writes into a file, as JSON, what it took: seconds by the clock, and the bytes of
memory that the largest of its processes had at most, as the kernel counted them.

    measured.py FILE COMMAND ARGUMENT...

Input, output and exit code are those of the command.
"""

import json
import os
import sys
import time

file, *command = sys.argv[1:]
began = time.monotonic()
child = os.posix_spawnp(command[0], command, os.environ)
_, status, used = os.wait4(child, 0)
seconds = time.monotonic() - began
with open(file, "w") as told:
    json.dump({"seconds": seconds, "peak": used.ru_maxrss * 1024}, told)
sys.exit(os.waitstatus_to_exitcode(status))
