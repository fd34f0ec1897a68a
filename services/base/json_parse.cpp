#include <nlohmann/json.hpp>

#include "services/base/json.h"

namespace nuri {

namespace {

constexpr size_t kMaxDepth = 64;

// Builds our value from nlohmann's SAX events.
class Builder {
 public:
  using json = nlohmann::json;
  bool null() { return put(Json()); }
  bool boolean(bool b) { return put(Json(b)); }
  bool number_integer(json::number_integer_t i) { return put(Json(i)); }
  bool number_unsigned(json::number_unsigned_t u) {
    return u > INT64_MAX ? put(Json(static_cast<double>(u))) : put(Json(static_cast<int64_t>(u)));
  }
  bool number_float(json::number_float_t d, const std::string&) { return put(Json(d)); }
  bool string(std::string& s) { return put(Json(std::move(s))); }
  bool binary(json::binary_t&) { return fail("binary values are not allowed"); }
  bool start_object(size_t) { return open(Json(Json::Object{})); }
  bool key(std::string& k) {
    keys_.back() = std::move(k);
    return true;
  }
  bool end_object() { return close(); }
  bool start_array(size_t) { return open(Json(Json::Array{})); }
  bool end_array() { return close(); }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) {
    return fail("the text is not JSON: error at byte " + std::to_string(position));
  }

  Json take() { return std::move(root_); }
  const std::string& problem() const { return problem_; }

 private:
  bool fail(std::string why) {
    if (problem_.empty()) problem_ = std::move(why);
    return false;
  }
  bool put(Json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (stack_.back().is_array()) {
      stack_.back().push_back(std::move(value));
    } else {
      stack_.back()[keys_.back()] = std::move(value);
    }
    return true;
  }
  bool open(Json container) {
    if (stack_.size() >= kMaxDepth) return fail("the JSON is nested more than 64 levels deep");
    stack_.push_back(std::move(container));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Json done = std::move(stack_.back());
    stack_.pop_back();
    keys_.pop_back();
    return put(std::move(done));
  }

  Json root_;
  std::vector<Json> stack_;
  std::vector<std::string> keys_;
  std::string problem_;
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  Builder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    return bad_request(builder.problem().empty() ? "the text is not JSON" : builder.problem());
  }
  return builder.take();
}

}  // namespace nuri
