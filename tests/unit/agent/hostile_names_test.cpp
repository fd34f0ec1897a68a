// What users write (names above all) in the domain's XML: read back by a parser that is not ours,
// it is what was written, and no element or attribute has come of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "compute/agent/libvirt/domain_xml.h"
#include "compute/agent/libvirt/xml.h"
#include "services/base/config.h"
#include "services/base/process.h"
#include "tests/unit/agent/support.h"

namespace nuri::compute::agent::testing {
namespace {

const std::string kId = "22222222-2222-4222-8222-222222222222", kOther = "11111111-1111-4111-8111-111111111111";
const ServerFiles kFiles{"/var/lib/nuri/instances/" + kId};
const BaseImage kBase{"/var/lib/nuri/cache/images/abc.qcow2", "qcow2", 1 << 20};

const std::string kHostile[] = {
    "plain",
    "\"quotes\" 'and' more",
    "</title><devices><disk type='file'><source file='/etc/shadow'/></disk></devices><title>",
    "<![CDATA[ x ]]> ]]> <!-- y --> <?pi z?>",
    "<!DOCTYPE d [<!ENTITY e SYSTEM \"file:///etc/shadow\">]>&e;",
    "&lt;&amp;&#60;&#x3c;&undefined;",
    "' onload='x' \" b=\"c",
    "../../etc/passwd",
    "tab\there",
    "bell\x07 escape\x1b[31m delete\x7f",
    "non-characters \xef\xbf\xbe and \xef\xbf\xbf",
    "\xeb\x88\x84\xeb\xa6\xac \xf0\x9f\x98\x80",
    "'; DROP TABLE servers; --",
    "$(reboot) `reboot` ; reboot | reboot",
    "%s%n%x ${HOME} \\n\\0",
};

// The same without what XML cannot hold.
std::string as_seen(std::string text) {
  for (const char* none : {"\xef\xbf\xbe", "\xef\xbf\xbf", "\x07", "\x1b"})
    for (size_t at; (at = text.find(none)) != std::string::npos;) text.erase(at, std::string_view(none).size());
  return text;
}

// Python's expat: {"count": elements, "tags": [...], "title": text, "sources": [...], "project": text}
Json parsed(const TempDir& dir, const std::string& xml) {
  static const std::string kProgram =
      "import json, sys, xml.etree.ElementTree as e\n"
      "r = e.parse(sys.argv[1]).getroot()\n"
      "all = list(r.iter())\n"
      "server = [x for x in all if x.tag.endswith('}server')][0]\n"
      "print(json.dumps({'tags': [x.tag for x in all], 'attributes': sum(len(x.attrib) for x in all),\n"
      " 'title': r.find('title').text or '', 'project': server.attrib['project'],\n"
      " 'serials': [x.text or '' for x in r.iter('serial') if x.text and x.text.strip()],\n"
      " 'sources': [x.attrib.get('file', '') for x in r.iter('source')]}))\n";
  const std::string file = dir / "domain.xml";
  EXPECT_TRUE(write_file(file, xml, 0600).ok());
  auto out = run_checked({"/usr/bin/python3", "-c", kProgram, file});
  EXPECT_TRUE(out.ok()) << (out ? "" : out.error().detail + out.error().message) << xml;
  return out ? parse_json(*out).value_or(Json()) : Json();
}

ServerSpec spec_with(const std::string& text) {
  Json spec = server_spec(kId, kOther);
  spec["volumes"].push_back(volume_spec(kOther, kId, "/var/lib/nuri/volumes/" + text));
  ServerSpec s = parse_server(kId, spec).value();
  s.name = s.project_id = text;
  s.flavor.name = text;
  s.volumes[0].serial = text;
  return s;
}

TEST(HostileNames, ComeBackAsTheyWere) {
  const TempDir dir;
  const Json plain = parsed(dir, libvirt::domain_xml({}, spec_with("plain"), kFiles, kBase));
  ASSERT_GT(plain["tags"].size(), 20u);
  for (const std::string& text : kHostile) {
    if (text.find("..") != std::string::npos) continue;  // refused as a path: below
    const Json seen = parsed(dir, libvirt::domain_xml({}, spec_with(text), kFiles, kBase));
    EXPECT_EQ(seen["tags"], plain["tags"]) << text;
    EXPECT_EQ(seen["attributes"], plain["attributes"]) << text;
    EXPECT_EQ(seen["title"].as_string(), as_seen(text));
    EXPECT_EQ(seen["project"].as_string(), as_seen(text));
    EXPECT_EQ(seen["serials"].at(0).as_string(), as_seen(text));
    const Json sources = seen["sources"];
    const bool there = std::any_of(sources.as_array().begin(), sources.as_array().end(), [&](const Json& s) {
      return s.as_string() == "/var/lib/nuri/volumes/" + as_seen(text);
    });
    EXPECT_TRUE(there) << sources.dump();
  }
}

TEST(HostileNames, LinesStayOneTitleAndWholeAttributes) {
  const TempDir dir;
  const Json seen = parsed(dir, libvirt::domain_xml({}, spec_with("a\nb\r\nc"), kFiles, kBase));
  EXPECT_EQ(seen["title"].as_string(), "a b  c") << "libvirt takes one line";
  EXPECT_EQ(seen["project"].as_string(), "a\nb\r\nc");
}

TEST(HostileNames, AreReadBackByOurOwnReaderToo) {
  for (const std::string& text : kHostile) {
    const std::string xml = libvirt::domain_xml({}, spec_with("x"), kFiles, kBase);
    EXPECT_EQ(xml::unescape(xml::escape(text)), as_seen(text));
    ServerSpec named = spec_with("x");
    named.name = text;
    const auto domain = libvirt::read_domain(libvirt::domain_xml({}, named, kFiles, kBase), libvirt::Machine().owner);
    ASSERT_TRUE(domain) << text;
    EXPECT_EQ(domain->id, kId);
    EXPECT_EQ(domain->volumes, std::set<std::string>{kOther});
  }
}

TEST(HostileNames, PathsAndIdsThatLeadAwayAreRefused) {
  for (const char* path : {"relative", "/a/../b", "/a/..", "", "/../x"}) {
    Json spec = server_spec(kId, kOther);
    spec["volumes"].push_back(volume_spec(kOther, kId, path));
    EXPECT_FALSE(parse_server(kId, spec).ok()) << path;
  }
  for (const std::string id : {"../x", "22222222-2222-4222-8222-22222222222/", "x' or '1'='1", ""}) {
    EXPECT_FALSE(parse_server(id, server_spec(kId, kOther)).ok()) << id;
    Json spec = server_spec(kId, kOther);
    spec["ports"].push_back(port_spec(id, kOther));
    EXPECT_FALSE(parse_server(kId, spec).ok()) << id;
  }
}

}  // namespace
}  // namespace nuri::compute::agent::testing
