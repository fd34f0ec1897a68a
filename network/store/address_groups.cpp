#include <algorithm>

#include "network/api/fields.h"
#include "network/domain/addresses.h"
#include "network/store/work.h"

namespace nuri::network {

namespace {

constexpr size_t kMostAddresses = 1'000;

// Each a network in its canonical form, once.
std::vector<std::string> canonical(const std::vector<std::string>& given) {
  std::vector<std::string> out;
  for (const std::string& text : given) {
    auto cidr = Cidr::parse(text);
    if (!cidr) {
      auto address = IpAddress::parse(text);
      cidr = Cidr{*address, address->v4 ? 32 : 128};
    }
    std::string plain = cidr->str();
    if (std::find(out.begin(), out.end(), plain) == out.end()) out.push_back(plain);
  }
  return out;
}

// The action's argument, with or without the resource's envelope.
Result<std::vector<std::string>> named(const Json& body) {
  Json inner = body["address_group"].is_object() ? body["address_group"] : body;
  return canonical(TRY(kAddresses.read(inner)).addresses);
}

Result<AddressGroup> store(Work& w, AddressGroup row) {
  if (row.addresses.size() > kMostAddresses)
    return bad_request("an address group holds at most 1000 addresses.", "addresses");
  touch(w, row);
  address_groups().update(w.s, row);
  return row;
}

}  // namespace

Result<AddressGroup> create_address_group(Work& w, const Json& body) {
  AddressGroup g = TRY(kAddressGroupCreate.read(body));
  TRYV(begin(w, g, body));
  g.addresses = canonical(g.addresses);
  TRYV(check_quota(w, g.project_id, "address_group"));
  address_groups().insert(w.s, g);
  return g;
}

Result<AddressGroup> update_address_group(Work& w, AddressGroup row, const Json& body) {
  TRYV(must_own(w, row, "update_address_group"));
  TRYV(kAddressGroupUpdate.update(row, body));
  return store(w, row);
}

Status delete_address_group(Work& w, const AddressGroup& row) {
  TRYV(must_own(w, row, "delete_address_group"));
  if (w.s.count("SELECT COUNT(*) FROM rules WHERE remote_address_group_id = ?1", {row.id}) > 0) {
    return neutron_error_of(
        ErrorCode::conflict, "AddressGroupInUse",
        "Address group " + row.id + " is in use on one or more security group rules.");
  }
  drop_policies(w, row.id);
  address_groups().erase(w.s, row.id);
  return {};
}

Result<AddressGroup> add_addresses(Work& w, AddressGroup row, const Json& body) {
  TRYV(must_own(w, row, "add_addresses"));
  std::vector<std::string> all = row.addresses;
  for (std::string& text : TRY(named(body))) all.push_back(std::move(text));
  row.addresses = canonical(all);
  return store(w, row);
}

Result<AddressGroup> remove_addresses(Work& w, AddressGroup row, const Json& body) {
  TRYV(must_own(w, row, "remove_addresses"));
  std::vector<std::string> going = TRY(named(body)), missing;
  for (const std::string& text : going) {
    if (std::erase(row.addresses, text) == 0) missing.push_back(text);
  }
  if (!missing.empty()) {
    return neutron_error_of(ErrorCode::not_found, "AddressesNotFound",
                            "Addresses " + Json::strings(missing).dump() +
                                " not found in the address group " + row.id + ".");
  }
  return store(w, row);
}

}  // namespace nuri::network
