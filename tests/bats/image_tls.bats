#!/usr/bin/env bats
# Registries as found in practice: with certificates, and with tokens from another server.

load helpers
load images

setup() {
	sandbox_setup
	unset CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR
}

teardown() {
	registry_stop
	[ -z "${token_pid-}" ] || kill "$token_pid"
	sandbox_teardown
}

image() {
	layout app <<<"{'layers': [busybox() + [D('etc'), F('etc/who', b'small')]]}"
	sandbox image import --quiet "$T/app" app:1
}

@test "the certificate is checked with the CA certificates that the environment names" {
	certificate
	image
	registry_start "  tls: {certificate: $T/ca.pem, key: $T/ca.key}" https
	sandbox image tag app:1 "$REGISTRY/app:1"
	fails 125 "*certificate*" sandbox push --quiet "$REGISTRY/app:1"
	SSL_CERT_FILE=$T/ca.pem sandbox push --quiet "$REGISTRY/app:1"
	sandbox image rm app:1 "$REGISTRY/app:1"
	fails 125 "*certificate*" sandbox pull --quiet "$REGISTRY/app:1"
	SSL_CERT_FILE=$T/ca.pem sandbox pull --quiet "$REGISTRY/app:1"
	[ "$(sandbox run "$REGISTRY/app:1" cat /etc/who)" = small ]
}

@test "insecure accepts an untrusted certificate, only for that registry" {
	certificate
	image
	registry_start "  tls: {certificate: $T/ca.pem, key: $T/ca.key}" https
	mkdir -p "$HOME/.config/sandbox"
	printf '[registry localhost:1]\ninsecure = yes\n' >"$HOME/.config/sandbox/sandbox.conf"
	sandbox image tag app:1 "$REGISTRY/app:1"
	fails 125 "*certificate*" sandbox push --quiet "$REGISTRY/app:1"
	printf '[registry %s]\ninsecure = yes\n' "$REGISTRY" >"$HOME/.config/sandbox/sandbox.conf"
	sandbox push --quiet "$REGISTRY/app:1"
}

@test "tokens from another server: anonymous pull, authenticated push, and mounted layers" {
	token_registry_start
	image
	sandbox image tag app:1 "$REGISTRY/a/app:1"
	fails 125 "cannot push*" sandbox push --quiet "$REGISTRY/a/app:1"
	printf secret | sandbox login --quiet --username me --password-stdin "$REGISTRY"
	sandbox push --quiet "$REGISTRY/a/app:1"
	grep -q '^me:secret repository:a/app:.*push' "$T/token.log"
	sandbox logout "$REGISTRY"
	sandbox image rm app:1 "$REGISTRY/a/app:1"
	sandbox image prune >/dev/null
	sandbox pull --quiet "$REGISTRY/a/app:1"
	grep -q '^- repository:a/app:pull$' "$T/token.log"
	[ "$(sandbox run "$REGISTRY/a/app:1" cat /etc/who)" = small ]
	printf wrong | fails 125 "*" sandbox login --quiet --username me --password-stdin "$REGISTRY"
}

@test "certificates for a registry are found in certs.d, client certificates too" {
	local directory
	certificate
	image
	openssl req -newkey rsa:2048 -nodes -subj /CN=me -keyout "$T/me.key" -out "$T/me.csr" 2>/dev/null
	openssl x509 -req -in "$T/me.csr" -CA "$T/ca.pem" -CAkey "$T/ca.key" -CAcreateserial -days 2 -out "$T/me.pem" 2>/dev/null
	registry_start "  tls: {certificate: $T/ca.pem, key: $T/ca.key, clientcas: [$T/ca.pem]}" https "--cert $T/me.pem --key $T/me.key"
	sandbox image tag app:1 "$REGISTRY/app:1"
	for directory in containers docker; do
		directory=$HOME/.config/$directory/certs.d/$REGISTRY
		fails 125 "cannot push*certificate*certs.d*" sandbox push --quiet "$REGISTRY/app:1"
		mkdir -p "$directory"
		cp "$T/ca.pem" "$directory/ca.crt"
		cp "$T/me.pem" "$directory/client.cert"
		fails 125 "cannot push*cannot read '$directory/client.key', the key of *" sandbox push --quiet "$REGISTRY/app:1"
		cp "$T/me.key" "$directory/client.key"
		sandbox push --quiet "$REGISTRY/app:1"
		XDG_DATA_HOME=$T/other sandbox pull --quiet "$REGISTRY/app:1"
		chmod 0 "$directory/ca.crt"
		[ "$EUID" = 0 ] || fails 125 "cannot push*cannot open '$directory/ca.crt'*" sandbox push --quiet "$REGISTRY/app:1"
		rm -r "$directory"
	done
	mkdir -p "$directory"
	cp "$T/ca.pem" "$directory/ca.crt"
	# It does not know us: it says so (certificate required), or has closed the connection before that arrives.
	fails 125 "cannot pull '$REGISTRY/app:1': *" sandbox pull --quiet "$REGISTRY/app:1"
	mkdir -p "$HOME/.config/containers/certs.d/localhost:1"
	mv "$directory/ca.crt" "$HOME/.config/containers/certs.d/localhost:1/"
	fails 125 "*certificate*" sandbox push --quiet "$REGISTRY/app:1"
}
