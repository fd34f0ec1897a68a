#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Just enough XML: writing with every value escaped, and finding elements in what libvirt prints
// (well-formed, no DTD, no CDATA).
namespace nuri::compute::agent::xml {

std::string escape(std::string_view text);  // for text and attributes; control characters are dropped
std::string unescape(std::string_view text);

using Attributes = std::vector<std::pair<std::string_view, std::string>>;

class Writer {
 public:
  Writer& open(std::string_view name, const Attributes& attributes = {});
  Writer& close();
  Writer& leaf(std::string_view name, const Attributes& attributes);
  Writer& text(std::string_view name, std::string_view content, const Attributes& attributes = {});
  std::string take();  // closes what is open

 private:
  void tag(std::string_view name, const Attributes& attributes);
  std::string out_;
  std::vector<std::string> open_;
};

// Each element of this name, however deep, from its start tag to its end.
std::vector<std::string_view> elements(std::string_view xml, std::string_view name);
// An attribute of the first start tag in `element`.
std::optional<std::string> attribute(std::string_view element, std::string_view name);
// The text of the first element of this name.
std::optional<std::string> content(std::string_view xml, std::string_view name);

}  // namespace nuri::compute::agent::xml
