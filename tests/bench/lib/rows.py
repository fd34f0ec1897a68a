"""The rows that every bench prints: name value unit target ok|short."""
import sys


class Rows:
    def __init__(self, width=46):
        self.short = 0
        self.width = width
        print(f"{'name':<{width}} {'value':>12} {'unit':<8} {'target':>10}  ok|short")

    def row(self, name, value, unit, at_most=None, at_least=None):
        """Neither bound: printed for its own sake, never short."""
        ok = (at_most is None or value <= at_most) and (at_least is None or value >= at_least)
        self.short += not ok
        target = f"<={at_most:g}" if at_most is not None else f">={at_least:g}" if at_least is not None else "-"
        print(f"{name:<{self.width}} {value:>12.4g} {unit:<8} {target:>10}  {'ok' if ok else 'short'}", flush=True)

    def done(self):
        sys.exit(1 if self.short else 0)
