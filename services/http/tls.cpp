#include "services/http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstring>

namespace nuri::http {
namespace {

constexpr unsigned char kAlpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

Error tls_error(const std::string& what) {
  char text[256] = "";
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  ERR_clear_error();
  return internal(what + ": " + text);
}

int pick_alpn(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
              unsigned in_length, void*) {
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_length, kAlpn, sizeof kAlpn, in, in_length);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

TlsContext make_context(const SSL_METHOD* method) {
  TlsContext context(SSL_CTX_new(method), SSL_CTX_free);
  if (!context) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // HTTP frames its own messages, so a connection closed without close_notify is a plain end.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  return context;
}

Status use_identity(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    return tls_error("cannot use the certificate " + certificate);
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
    return tls_error("cannot use the private key " + key);
  if (SSL_CTX_check_private_key(context) != 1)
    return tls_error("the key " + key + " does not belong to " + certificate);
  return {};
}

}  // namespace

Result<TlsContext> server_tls(const TlsFiles& files) {
  TlsContext context = make_context(TLS_server_method());
  if (!context) return tls_error("cannot make a TLS context");
  TRYV(use_identity(context.get(), files.certificate, files.key));
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_alpn_select_cb(context.get(), pick_alpn, nullptr);
  static const unsigned char kSessions[] = "nuri";
  SSL_CTX_set_session_id_context(context.get(), kSessions, sizeof kSessions - 1);
  if (!files.client_ca.empty()) {
    if (SSL_CTX_load_verify_locations(context.get(), files.client_ca.c_str(), nullptr) != 1)
      return tls_error("cannot use the client CA " + files.client_ca);
    SSL_CTX_set_client_CA_list(context.get(), SSL_load_client_CA_file(files.client_ca.c_str()));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  return context;
}

Result<TlsContext> client_tls(const std::string& ca_file, const std::string& certificate,
                              const std::string& key) {
  TlsContext context = make_context(TLS_client_method());
  if (!context) return tls_error("cannot make a TLS context");
  const int loaded = ca_file.empty()
                         ? SSL_CTX_set_default_verify_paths(context.get())
                         : SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr);
  if (loaded != 1) return tls_error("cannot use the CA file " + ca_file);
  if (!certificate.empty()) TRYV(use_identity(context.get(), certificate, key));
  SSL_CTX_set_alpn_protos(context.get(), kAlpn, sizeof kAlpn);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

}  // namespace nuri::http
