#pragma once

#include <string>

#include "services/base/result.h"

namespace nuri::compute {

struct SshKey {
  std::string public_key;   // "ssh-ed25519 AAAA... comment"
  std::string private_key;  // OpenSSH's format; "" for an imported one
  std::string fingerprint;  // MD5 of the blob, as Nova shows it: aa:bb:...
};

// Makes an Ed25519 pair.
Result<SshKey> generate_ssh_key(const std::string& comment);
// A public key as its owner's file has it. Error: bad_request.
Result<SshKey> import_ssh_key(const std::string& text);

}  // namespace nuri::compute
