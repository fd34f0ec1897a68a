#!/usr/bin/python3
"""count.py WORK LIST FLOOR: of the list's tests, how many passed; fails below the floor."""
import re
import subprocess
import sys


def main():
    work, listed, floor = sys.argv[1], sys.argv[2], int(sys.argv[3])
    wanted = [line.strip() for line in open(listed) if line.strip()]
    output = open(f"{work}/output.txt", errors="replace").read()
    state = {}
    # {0} tempest.api.x.y.Z.test_a [0.12s] ... ok
    for m in re.finditer(r"^\{\d+\} (\S+?)(?:\[\S*\])? \[[\d.]+s\] \.\.\. (\w+)(.*)$", output, re.M):
        state[m[1]] = m[2]
    setups = re.findall(r"^\{\d+\} (setUpClass|tearDownClass) \((\S+)\) \[[\d.]+s\] \.\.\. (FAILED|SKIPPED)", output, re.M)
    passed = [t for t in wanted if state.get(t) == "ok"]
    for t in wanted:
        if state.get(t) == "ok":
            continue
        why = state.get(t)
        if why is None:
            why = next((f"{w} {s}" for s, c, w in setups if t.startswith(c + ".")), "not run")
        print(f"  {why:<28} {t}")
    if not state:
        print(output[-3000:])
    print(f"{len(passed)} of {len(wanted)} passed (floor {floor}); details in {work}")
    sys.exit(0 if state and len(passed) >= floor else 1)


main()
