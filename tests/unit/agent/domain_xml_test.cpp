#include "compute/agent/libvirt/domain_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/agent/libvirt/xml.h"
#include "tests/unit/agent/support.h"

namespace nuri::compute::agent::testing {
namespace {

using libvirt::domain_xml;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kId = "22222222-2222-4222-8222-222222222222", kOther = "11111111-1111-4111-8111-111111111111";
const ServerFiles kFiles{"/var/lib/nuri/instances/" + kId};
const std::string kOwner = libvirt::Machine().owner;
const BaseImage kBase{"/var/lib/nuri/cache/images/abc.qcow2", "qcow2", 1 << 20};

ServerSpec full_spec() {
  Json spec = server_spec(kId, kOther);
  spec["ports"].push_back(port_spec(kOther, kOther));
  spec["volumes"].push_back(volume_spec(kOther, kId, "/var/lib/nuri/volumes/v<1>"));
  spec.set("config_drive", true);
  return parse_server(kId, spec).value();
}

TEST(DomainXml, ReadsBackWhatItWrote) {
  auto domain = libvirt::read_domain(domain_xml({}, full_spec(), kFiles, kBase), kOwner);
  ASSERT_TRUE(domain);
  EXPECT_EQ(domain->id, kId);
  EXPECT_EQ(domain->ports, std::set<std::string>{kOther});
  EXPECT_EQ(domain->volumes, std::set<std::string>{kOther});
}

TEST(DomainXml, NamesThePortForOvn) {
  std::string xml = domain_xml({}, full_spec(), kFiles, kBase);
  EXPECT_THAT(xml, HasSubstr("<source bridge='br-int'/>"));
  EXPECT_THAT(xml, HasSubstr("<virtualport type='openvswitch'><parameters interfaceid='" + kOther + "'/>"));
  EXPECT_THAT(xml, HasSubstr("<mtu size='1442'/>"));
}

TEST(DomainXml, SpellsOutTheBackingChain) {
  std::string xml = domain_xml({}, full_spec(), kFiles, kBase);
  EXPECT_THAT(xml, HasSubstr("<backingStore type='file'><format type='qcow2'/><source file='" + kBase.path + "'/><backingStore/>"));
}

TEST(DomainXml, HasAScreenThatListensNowhere) {
  std::string xml = domain_xml({}, full_spec(), kFiles, kBase);
  EXPECT_THAT(xml, HasSubstr("<graphics type='vnc'><listen type='none'/></graphics>"));
  EXPECT_THAT(xml, Not(HasSubstr("port='-1'")));
  EXPECT_THAT(xml, Not(HasSubstr("socket=")));
  EXPECT_THAT(xml, HasSubstr("<log file='" + kFiles.console() + "'"));
}

TEST(DomainXml, EscapesWhatUsersWrite) {
  ServerSpec spec = full_spec();
  spec.name = "</title><devices><disk/>\x01'\"&";
  std::string xml = domain_xml({}, spec, kFiles, kBase);
  EXPECT_THAT(xml, HasSubstr("<title>&lt;/title&gt;&lt;devices&gt;&lt;disk/&gt;&apos;&quot;&amp;</title>"));
  EXPECT_THAT(xml, HasSubstr("/volumes/v&lt;1&gt;"));
  spec.name = "<nuri:server id='" + kOther + "'/><uuid>" + kOther + "</uuid>";
  EXPECT_EQ(libvirt::read_domain(domain_xml({}, spec, kFiles, kBase), kOwner)->id, kId);
}

TEST(DomainXml, MachineAndAcceleration) {
  libvirt::Machine pc;
  pc.type = "pc";
  std::string xml = domain_xml(pc, full_spec(), kFiles, kBase);
  EXPECT_THAT(xml, HasSubstr("<domain type='qemu'>"));
  EXPECT_THAT(xml, Not(HasSubstr("pcie-root-port")));
  libvirt::Machine q35;
  q35.type = "q35";
  q35.kvm = true;
  xml = domain_xml(q35, full_spec(), kFiles, kBase);
  EXPECT_THAT(xml, HasSubstr("<domain type='kvm'>"));
  EXPECT_EQ(xml::elements(xml, "controller").size(), 2 + 7 + q35.spare_ports) << "a root port for each device and the spare ones";
}

TEST(DomainXml, BootsFromAVolumeWithoutImage) {
  ServerSpec spec = full_spec();
  spec.image.reset();
  std::string xml = domain_xml({}, spec, kFiles, std::nullopt);
  EXPECT_THAT(xml, Not(HasSubstr("disk.qcow2")));
  auto disks = xml::elements(xml, "disk");
  ASSERT_EQ(disks.size(), 2u);  // the volume and the config drive
  EXPECT_THAT(std::string(disks[0]), HasSubstr("<boot order='1'/>"));
}

TEST(DomainXml, RescueBootsFromItsOwnDisk) {
  BaseImage rescue{"/var/lib/nuri/cache/images/rescue.qcow2", "qcow2", 1 << 20};
  std::string xml = domain_xml({}, full_spec(), kFiles, kBase, rescue);
  auto disks = xml::elements(xml, "disk");
  ASSERT_EQ(disks.size(), 4u);
  EXPECT_THAT(std::string(disks[0]), HasSubstr("<source file='" + kFiles.rescue() + "'/>"));
  EXPECT_THAT(std::string(disks[0]), HasSubstr("<boot order='1'/>"));
  EXPECT_THAT(std::string(disks[0]), HasSubstr("<source file='" + rescue.path + "'/>"));
  EXPECT_THAT(std::string(disks[1]), HasSubstr("<source file='" + kFiles.disk() + "'/>"));
  EXPECT_THAT(std::string(disks[1]), Not(HasSubstr("<boot")));
  EXPECT_THAT(std::string(disks[1]), HasSubstr("<target dev='vdaa'"));
  EXPECT_EQ(libvirt::read_domain(xml, kOwner)->volumes, std::set<std::string>{kOther});
}

TEST(DomainXml, OthersDomainsAreNotOurs) {
  std::string xml = domain_xml({}, full_spec(), kFiles, kBase);
  auto without = [&](const std::string& what, const std::string& with) {
    std::string copy = xml;
    copy.replace(copy.find(what), what.size(), with);
    return libvirt::read_domain(copy, kOwner);
  };
  EXPECT_FALSE(without("<name>nuri-", "<name>other-"));
  EXPECT_FALSE(without(std::string(libvirt::kMetadataUri), "http://example.com/1"));
  EXPECT_FALSE(libvirt::read_domain(xml, "/another/cloud"));
  EXPECT_FALSE(without("<nuri:server", "<nuri:volume"));
  EXPECT_FALSE(libvirt::read_domain("<domain><name>nuri-x</name><uuid>x</uuid></domain>", kOwner));
  EXPECT_FALSE(libvirt::read_domain("<nuri:server", kOwner));
}

}  // namespace
}  // namespace nuri::compute::agent::testing
