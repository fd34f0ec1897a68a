#pragma once

#include <string>

#include "compute/domain/ssh_key.h"

namespace nuri::compute {

// Keypairs of type x509, for guests that take certificates: the public key is a certificate in PEM,
// the fingerprint its SHA-1.
// Makes an RSA key and a certificate for it, signed by itself, good for ten years.
Result<SshKey> generate_x509_key(const std::string& common_name);
// Error: bad_request.
Result<SshKey> import_x509_key(const std::string& text);

}  // namespace nuri::compute
