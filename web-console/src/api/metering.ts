import { ApiError } from "./errors";
import { call, segment } from "./http";

export interface CostInterval {
  meter: string;
  resource_id: string;
  begin: string;
  end: string | null;
  quantity: string;
  unit?: string;
  /** The price of one unit. */
  rate_per_hour: string;
  amount: string;
}

export interface Cost {
  resource_id: string;
  currency: string;
  amount: string;
  rate_per_hour: string;
  as_of: string;
  intervals: CostInterval[];
}

async function cost(path: string, signal?: AbortSignal): Promise<Cost> {
  return (await call<{ cost: Cost }>(`/metering/v1${path}/cost`, { signal })).cost;
}

export function serverCost(id: string, signal?: AbortSignal): Promise<Cost> {
  return cost(`/servers/${segment(id)}`, signal);
}

export function projectCost(id: string, signal?: AbortSignal): Promise<Cost> {
  return cost(`/projects/${segment(id)}`, signal);
}

export interface Price {
  meter: string;
  unit?: string;
  rate_per_hour: string;
}

/** The whole price of servers of one flavor, instead of those by meter. */
export interface FlavorPrice extends Price {
  flavor: string;
}

export interface PriceList {
  currency: string;
  prices: Price[];
  flavorPrices: FlavorPrice[];
}

interface PriceListBody {
  currency: string;
  prices: Price[];
  flavor_prices: FlavorPrice[];
}

/** Null where this cloud publishes no price list. */
export async function priceList(signal?: AbortSignal): Promise<PriceList | null> {
  try {
    const list = await call<Partial<PriceListBody>>("/metering/v1/prices", { signal });
    if (!Array.isArray(list.prices) || typeof list.currency !== "string") return null;
    const { currency, prices, flavor_prices: flavorPrices = [] } = list;
    return { currency, prices, flavorPrices };
  } catch (error) {
    if (error instanceof ApiError && error.kind !== "unreachable") return null;
    throw error;
  }
}
