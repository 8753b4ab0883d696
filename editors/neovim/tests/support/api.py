#!/usr/bin/env python3
"""Runs the stand-in for the Messages API of the Python client's tests, until stdin ends.

    api.py HOME    writes a line of JSON: the variables that send the real CLI there
"""

import json
import sys
from pathlib import Path

EDITORS = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(EDITORS / "dashboard" / "tests"))

from stand_in_api import StandInApi  # noqa: E402

api = StandInApi()
print(json.dumps(api.environment(Path(sys.argv[1]))), flush=True)
sys.stdin.read()
api.stop()
