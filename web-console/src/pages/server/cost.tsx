import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { isMissing } from "../../api/errors";
import { serverCost, type CostInterval } from "../../api/metering";
import { usePolled } from "../../app/use_polled";
import { CostFigure, Rate } from "../../components/cost_figure";
import { m } from "../../i18n";
import { fullTime } from "../../lib/format";
import { formatDecimal, formatRate, multiply, parseDecimal, withCurrency } from "../../lib/money";

const kRefreshMs = 10_000;

export function CostPanel({ serverId }: { serverId: string }) {
  const cost = usePolled(`cost ${serverId}`, (signal) => serverCost(serverId, signal), kRefreshMs);
  if (cost.data === undefined) {
    const text =
      cost.error === undefined
        ? m.common.loading
        : isMissing(cost.error)
          ? m.cost.none
          : m.cost.off;
    return (
      <Container header={<Header variant="h2">{m.cost.title}</Header>}>
        <Box color="text-body-secondary">{text}</Box>
      </Container>
    );
  }
  const { currency, intervals, rate_per_hour } = cost.data;
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{m.cost.title}</Header>}>
        <KeyValuePairs
          columns={2}
          items={[
            {
              label: m.cost.soFar,
              value: (
                <Box variant="awsui-value-large">
                  <CostFigure cost={cost.data} receivedAt={cost.receivedAt} />
                </Box>
              ),
            },
            {
              label: m.cost.rate,
              value: (
                <Box variant="awsui-value-large">
                  <Rate value={rate_per_hour} currency={currency} />
                </Box>
              ),
            },
          ]}
        />
      </Container>
      <Intervals rows={intervals} currency={currency} />
    </SpaceBetween>
  );
}

function Intervals({ rows, currency }: { rows: CostInterval[]; currency: string }) {
  const money = (text: string): string => {
    const value = parseDecimal(text);
    return withCurrency(value === null ? text : formatDecimal(value, 6), currency);
  };
  const hourly = (row: CostInterval): string => {
    const quantity = parseDecimal(row.quantity);
    const rate = parseDecimal(row.rate_per_hour);
    if (quantity === null || rate === null) return row.rate_per_hour;
    return withCurrency(formatRate(multiply(quantity, rate)), currency);
  };
  const newestFirst = [...rows].sort((a, b) => b.begin.localeCompare(a.begin));
  return (
    <Table<CostInterval>
      header={<Header variant="h2">{m.cost.intervals}</Header>}
      items={newestFirst}
      empty={m.cost.none}
      columnDefinitions={[
        { id: "meter", header: m.cost.meter, cell: (r) => m.cost.meters[r.meter] ?? r.meter },
        { id: "quantity", header: m.cost.quantity, cell: quantityOf },
        { id: "begin", header: m.cost.from, cell: (r) => fullTime(r.begin) },
        {
          id: "end",
          header: m.cost.to,
          cell: (r) => (r.end === null ? m.cost.open : fullTime(r.end)),
        },
        {
          id: "rate",
          header: m.cost.hourly,
          cell: (r) => <span className="figure">{hourly(r)}</span>,
        },
        {
          id: "amount",
          header: m.cost.charged,
          cell: (r) => <span className="figure">{money(r.amount)}</span>,
        },
      ]}
    />
  );
}

/** "128 MiB"; what is counted by the piece needs no unit. */
function quantityOf({ quantity, unit }: CostInterval): string {
  return unit && m.cost.units.includes(unit) ? `${quantity} ${unit}` : quantity;
}
