# The certificates of the gateway's TLS port, and the keys the services share.
# shellcheck shell=bash

pki_names() {
    local ip
    printf 'DNS:localhost,IP:127.0.0.1,IP:::1,DNS:%s' "$(hostname)"
    for ip in $(ip -o address show scope global | awk '{sub("/.*", "", $4); print $4}' | sort -u); do
        printf ',IP:%s' "$ip"
    done
    case $NURI_PUBLIC_ADDRESS in
    '') ;;
    *[!0-9.:a-fA-F]*) printf ',DNS:%s' "$NURI_PUBLIC_ADDRESS" ;;
    *) printf ',IP:%s' "$NURI_PUBLIC_ADDRESS" ;;
    esac
}

pki_ca() {
    local tls=$NURI_ETC/tls
    [ -f "$tls/ca.key" ] && [ -f "$tls/ca.pem" ] && return 0
    openssl ecparam -name prime256v1 -genkey -noout -out "$tls/ca.key"
    openssl req -x509 -new -sha256 -days 3650 -key "$tls/ca.key" -out "$tls/ca.pem" \
        -subj "/CN=Nuri CA of $(hostname)" \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
        -addext "keyUsage=critical,keyCertSign,cRLSign"
}

# pki_server: again when the host's names changed or 30 days are left.
pki_server() {
    local tls=$NURI_ETC/tls names
    names=$(pki_names)
    if [ -f "$tls/server.pem" ] && [ "$(cat "$tls/server.names" 2>/dev/null)" = "$names" ] &&
        openssl x509 -noout -checkend 2592000 -in "$tls/server.pem"; then
        return 0
    fi
    [ -f "$tls/server.key" ] ||
        openssl ecparam -name prime256v1 -genkey -noout -out "$tls/server.key"
    openssl req -new -sha256 -key "$tls/server.key" -subj "/CN=$(hostname)" -out "$tls/server.csr"
    printf '%s\n' "subjectAltName=$names" "basicConstraints=critical,CA:FALSE" \
        "keyUsage=critical,digitalSignature" "extendedKeyUsage=serverAuth" \
        "subjectKeyIdentifier=hash" "authorityKeyIdentifier=keyid" >"$tls/server.ext"
    openssl x509 -req -sha256 -days 825 -in "$tls/server.csr" -CA "$tls/ca.pem" \
        -CAkey "$tls/ca.key" -CAcreateserial -extfile "$tls/server.ext" -out "$tls/server.pem"
    echo "$names" >"$tls/server.names"
    rm -f "$tls/server.csr" "$tls/server.ext"
}

pki_make() {
    local old_mask
    old_mask=$(umask)
    umask 077
    mkdir -p "$NURI_ETC/tls" "$NURI_ETC/keys"
    pki_ca
    pki_server
    [ -s "$NURI_ETC/keys/service.key" ] || openssl rand -hex 32 >"$NURI_ETC/keys/service.key"
    umask "$old_mask"
    chmod 755 "$NURI_ETC" "$NURI_ETC/tls"
    chmod 644 "$NURI_ETC/tls/ca.pem" "$NURI_ETC/tls/server.pem"
}
