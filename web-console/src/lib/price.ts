import type { PriceList } from "../api/metering";
import { parseDecimal, type Pico } from "./money";

export interface Priced {
  flavor: string;
  vcpus: number;
  ramMib: number;
  diskGib: number;
  volumeGib: number;
}

const kVolumeMeter = "volume_gib";

/** Meters by which a server's size may be priced, with the quantity each one counts. */
function quantities(size: Priced): Readonly<Record<string, bigint>> {
  return {
    server: 1n,
    vcpu: BigInt(size.vcpus),
    ram_mib: BigInt(size.ramMib),
    disk_gib: BigInt(size.diskGib),
    [kVolumeMeter]: BigInt(size.volumeGib),
  };
}

const kThirtyDaysHours = 720n;

/**
 * What the chosen size costs an hour by the price list; null when the list prices none of it. A
 * price of its flavor is the whole price of the server; its volume is counted besides.
 */
export function hourlyPrice(size: Priced, list: PriceList): Pico | null {
  const known = quantities(size);
  const whole = list.flavorPrices.find((p) => p.meter === "server" && p.flavor === size.flavor);
  const prices = whole
    ? [whole, ...list.prices.filter((p) => p.meter === kVolumeMeter)]
    : list.prices;
  let total: Pico | null = null;
  for (const price of prices) {
    const quantity = known[price.meter];
    const rate = parseDecimal(price.rate_per_hour);
    if (quantity === undefined || rate === null) continue;
    total = (total ?? 0n) + rate * quantity;
  }
  return total;
}

export function thirtyDays(hourly: Pico): Pico {
  return hourly * kThirtyDaysHours;
}
