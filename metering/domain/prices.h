#pragma once

#include <string>
#include <vector>

#include "metering/api/interval.h"
#include "metering/api/money.h"

// What things cost. Pure.
//
// Meters: server (one, whatever its size), vcpu, ram_mib, disk_gib (of a server); volume_gib;
// floating_ip; image_gib. A price of the meter `server` that names a flavor is the whole price of
// servers of that flavor, in every state but error.
// A server that is stopped pays for its disk alone; one in error pays nothing.
namespace nuri::metering {

struct Price {
  std::string meter;
  std::string flavor;  // meter server only; "": every server
  Rate rate;
};

struct PriceList {
  std::string currency = "USD";
  std::vector<Price> prices;
};

// From [metering] of the configuration: currency and [[metering.price]] with meter, rate_per_hour
// (a text: "0.0125") and flavor. Without any price the defaults hold. Error: bad_request naming the
// entry.
Result<PriceList> read_price_list(const Json& metering);
Json price_list_config(const PriceList& list);  // what read_price_list reads the same list from
Json price_list_json(const PriceList& list);    // for people: GET /v1/prices
const char* unit_of(const std::string& meter);

// What of an interval is paid for, each at its price.
struct Charge {
  std::string meter;
  Quantity quantity;
  Rate rate;
};
std::vector<Charge> charges(const PriceList& list, const std::string& resource_type,
                            const Json& data);

// A price list holds from a time until the next one's. Sorted; the first holds for all before it
// too.
struct DatedList {
  TimeUs from_us = 0;
  PriceList list;
};

struct Line {
  std::string meter, resource_type, resource_id;
  TimeUs begin_us = 0, end_us = 0;
  bool open = false;
  Quantity quantity;
  Rate rate;
  Amount amount;
};
// The lines of an interval inside [from, to): one a meter and a price list that held meanwhile.
std::vector<Line> rate_interval(const std::vector<DatedList>& lists, const Interval& interval,
                                TimeUs from_us, TimeUs to_us);

}  // namespace nuri::metering
