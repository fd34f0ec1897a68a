import { useEffect, useState } from "react";
import type { Cost } from "../api/metering";
import { amountAfter, formatDecimal, formatRate, parseDecimal, withCurrency } from "../lib/money";

const kTickMs = 1000;

/**
 * Counts on from the last measured amount at the rate then in force. The time since is the
 * browser's steady clock from the answer's arrival, so that a wrong wall clock does not matter.
 */
export function CostFigure({
  cost,
  receivedAt,
  places = 6,
}: {
  cost: Cost;
  receivedAt: number;
  places?: number;
}) {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    setNow(performance.now());
    const timer = setInterval(() => setNow(performance.now()), kTickMs);
    return () => clearInterval(timer);
  }, [receivedAt]);

  const amount = parseDecimal(cost.amount);
  const rate = parseDecimal(cost.rate_per_hour);
  const text =
    amount === null || rate === null
      ? cost.amount
      : formatDecimal(amountAfter(amount, rate, now - receivedAt), places);
  return (
    <span className="figure" data-testid="cost-amount">
      {withCurrency(text, cost.currency)}
    </span>
  );
}

export function Rate({ value, currency }: { value: string; currency: string }) {
  const rate = parseDecimal(value);
  return (
    <span className="figure" data-testid="cost-rate">
      {withCurrency(rate === null ? value : formatRate(rate), currency)}
    </span>
  );
}
