#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/ledger/check.h"

namespace nuri::test {

// For the TearDown of a service's fixture: whatever a test did, the ledger adds up.
inline void expect_sound(db::Database& database, const std::vector<ledger::Audited>& audited) {
  auto found = database.read([&](db::Session& s) {
    std::vector<std::string> out;
    for (const auto& a : audited) {
      for (auto& text : ledger::check(s, a)) out.push_back(std::move(text));
    }
    return out;
  });
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_THAT(*found, testing::IsEmpty());
}

}  // namespace nuri::test
