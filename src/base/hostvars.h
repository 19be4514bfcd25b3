/*
 * hostvars.h - names of variables that point programs to resources of the host. Shared by what sets
 * them in a box and what passes them on (sudo).
 */
#ifndef BASE_HOSTVARS_H
#define BASE_HOSTVARS_H

/* Proxies; programs read either case. curl(1), wget(1). */
#define HOSTVARS_PROXY	     "http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"
#define HOSTVARS_PROXY_UPPER "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY"

/*
 * Files of CA certificates: OpenSSL, curl, Python's requests, pip, Node, npm, cargo, git, AWS
 * tools, Deno, Nix.
 */
#define HOSTVARS_CA                                                                                \
	"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT",                       \
		"NODE_EXTRA_CA_CERTS", "npm_config_cafile", "CARGO_HTTP_CAINFO", "GIT_SSL_CAINFO", \
		"AWS_CA_BUNDLE", "DENO_CERT", "NIX_SSL_CERT_FILE"

/* Terminal and locale. LC_* belong to them. */
#define HOSTVARS_TERMINAL "TERM", "TERMINFO_DIRS", "COLORTERM", "LANG", "LANGUAGE", "TZ"

#endif
