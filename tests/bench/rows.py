"""The rows that every bench prints: name value unit target ok|short."""
import sys


class Rows:
    def __init__(self):
        self.short = 0
        print(f"{'name':<44} {'value':>12} {'unit':<8} {'target':>10}  ok|short")

    def row(self, name, value, unit, at_most=None):
        """at_most None: printed for its own sake, never short."""
        ok = at_most is None or value <= at_most
        self.short += not ok
        target = "-" if at_most is None else f"<={at_most:g}"
        print(f"{name:<44} {value:>12.4g} {unit:<8} {target:>10}  {'ok' if ok else 'short'}", flush=True)

    def done(self):
        sys.exit(1 if self.short else 0)
