/*
 * managers.c - scripts for package managers, run as box-root by the box's own sh.
 *
 * Package names are passed as arguments, never as text of a script; an unquoted expansion is split
 * into words and nothing more (-f). Managers of languages install for all users, into /usr/local,
 * where PATH finds them.
 */
#include "prepare/managers.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "config/schema.h"

/*
 * What only makes a script quicker. It is not in the text of a step, by which layers are found: those that
 * an earlier program made stay good.
 */
#define QUICKER_BEGINS "\1"
#define QUICKER_ENDS   "\2"
#define QUICKER(text)  QUICKER_BEGINS text QUICKER_ENDS

/*
 * apt's configuration in the official images of Debian and Ubuntu has commands that remove
 * downloads; other hooks stay. #clear empties a whole list, and works in the file that -c names,
 * which is read last. The images' apt keeps no parsed lists either, so that each command parses them,
 * for two seconds.
 */
/* clang-format off */
#define APT_HOOKS \
	"{\n" \
	"	echo '#clear DPkg::Post-Invoke;'\n" \
	"	echo '#clear APT::Update::Post-Invoke;'\n" \
	QUICKER("	echo 'Dir::Cache::pkgcache pkgcache.bin; Dir::Cache::srcpkgcache srcpkgcache.bin;'\n") \
	"	apt-config dump | grep -e ^DPkg::Post-Invoke:: -e ^APT::Update::Post-Invoke:: |\n" \
	"		grep -v 'rm .*/var/cache/apt/archives/' || :\n" \
	"} >$notes.conf\n"
/* clang-format on */
/* Error-Mode, since apt 2.1: an unreachable archive must not leave us with an old list. */
#define APT_UPDATE "apt-get -q -c $notes.conf -o APT::Update::Error-Mode=any update\n"
#define APT_GET                                                 \
	"apt-get -q -y --no-install-recommends -c $notes.conf " \
	"-o APT::Keep-Downloaded-Packages=true"

/*
 * Debian's pip installs only if it is told that it may (PEP 668); versions before 23.0.1 know
 * neither the rule nor the variable. --report exists since 22.2; without it nothing can be locked.
 */
#define PIP                                                                       \
	"PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore python3 -m pip " \
	"install --progress-bar off "
#define PIP_REPORT                                                         \
	"report=; python3 -m pip install --help | grep -q -e --report && " \
	"report=\"--report $notes.json\"\n"

#define NPM_INSTALL "npm_config_prefix=/usr/local npm install --global --no-fund --no-audit "

/* clang-format off */
const struct manager managers[] = {
	{.id = KEY_APT, .env = "", .one_at_a_time = true,
	 .list = "dpkg-query -W -f '${db:Status-Status} ${Package}:${Architecture} ${Version}\\n' |\n"
		"	sed -n 's/^installed //p'\n",
	 .install = APT_HOOKS APT_UPDATE APT_GET " install -- \"$@\"\n",
	 .pinned = APT_HOOKS APT_UPDATE
		APT_GET " --allow-downgrades install -- $(printf '%s=%s%.0s ' \"$@\")\n",
	 /* The index has the hash of every file that it offers. */
	 .collect = "[ ! -s $notes.new ] ||\n"
		"apt-cache " QUICKER("-c $notes.conf ") "show $(sed 's/ /=/' $notes.new) | awk '\n"
		"	/^Package: / { p = $2 } /^Architecture: / { a = $2 } /^Version: / { v = $2 }\n"
		"	/^SHA256: / { if (!seen[p \" \" a \" \" v]++) print p \":\" a, v, $2 }'\n",
	 /* A cache is a mount of its own; without one the downloads would stay in the layer. */
	 .clean = "set +f\n"
		"mountpoint -q /var/cache/apt/archives || apt-get clean\n"
		"rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin\n"},
	{.id = KEY_APK, .env = "", .one_at_a_time = true,
	 .list = "[ ! -e /lib/apk/db/installed ] || awk -F: '/^C:/ { c = $2 } /^P:/ { p = $2 }\n"
		"	/^V:/ { print p, $2, c }' /lib/apk/db/installed\n",
	 .install = "apk add --no-progress -- \"$@\"\n",
	 .pinned = "apk add --no-progress -- $(printf '%s=%s%.0s ' \"$@\")\n",
	 .collect = "cat $notes.new\n"},
	{.id = KEY_DNF, .env = "", .one_at_a_time = true,
	 .list = "rpm -qa --qf '%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE}.%{ARCH} "
		"%{SHA256HEADER}\\n'\n",
	 .install = "dnf -y --setopt=install_weak_deps=False install -- \"$@\"\n",
	 .pinned = "dnf -y --setopt=install_weak_deps=False install -- "
		"$(printf '%s-%s%.0s ' \"$@\")\n",
	 .collect = "cat $notes.new\n"},
	{.id = KEY_PIP, .env = "PIP_",
	 .install = PIP_REPORT PIP "$report -- \"$@\"\n",
	 .pinned = PIP_REPORT
		"printf '%s==%s --hash=sha256:%s\\n' \"$@\" >$notes.in\n"
		PIP "$report --no-deps --require-hashes -r $notes.in\n",
	 .collect = "[ ! -e $notes.json ] || python3 - $notes.json <<'END'\n"
		"import json, sys\n"
		"for p in json.load(open(sys.argv[1]))['install']:\n"
		"    hashes = p['download_info'].get('archive_info', {})\n"
		"    sha = hashes.get('hashes', {}).get('sha256')\n"
		"    sha = sha or hashes.get('hash', 'sha256=-').split('=')[1]\n"
		"    print(p['metadata']['name'], p['metadata']['version'], sha)\n"
		"END\n"},
	{.id = KEY_NPM, .env = "npm_config_", .by_time = true,
	 .install = "asked=$*\n" NPM_INSTALL "-- \"$@\"\n",
	 .pinned = NPM_INSTALL "--before=$time -- $asked\n",
	 /*
	  * A global installation does not record integrity hashes; resolving for a directory does.
	  */
	 .collect = "mkdir $notes.npm; cd $notes.npm; echo '{}' >package.json\n"
		"npm install --package-lock-only --no-fund --no-audit ${time:+--before=$time} "
		"-- $asked >&2\n"
		"node -e 'for (const [k, v] of Object.entries(require(\"./package-lock.json\")"
		".packages))\n"
		"	if (k) console.log(k.replace(/^.*node_modules\\//, \"\"), v.version, "
		"v.integrity || \"-\")'\n"
		"cd /\n"},
	{.id = KEY_CARGO, .env = "CARGO_",
	 .list = "cargo install --list --root /usr/local |\n"
		"	sed -n 's/^\\([^ ]*\\) v\\([^ ]*\\):$/\\1 \\2 -/p'\n",
	 .install = "cargo install --root /usr/local -- \"$@\"\n",
	 .pinned = "cargo install --locked --root /usr/local -- "
		"$(printf '%s@%s%.0s ' \"$@\")\n",
	 .collect = "cat $notes.new\n"},
};
/* clang-format on */
const size_t n_managers = ARRAY_SIZE(managers);

#define NOTES "/" MANAGER_NOTES

/* Lines of the second file that the first lacks; not every image has comm(1). */
static const char functions[] =
	"only() { awk 'FILENAME == ARGV[1] { a[$0]; next } !($0 in a)' \"$1\" \"$2\"; }\n";

/* "$@" of a step that follows a lock: time, number of requested words, these, what is locked. */
static const char arguments[] = "time=$1 n=$2 asked=; shift 2\n"
				"while [ \"$n\" -gt 0 ]; do\n"
				"	asked=\"$asked $1\"; shift; n=$((n - 1))\n"
				"done\n";

/* Both ways: what is missing, and what was installed but is not in the lock. */
static const char verify[] =
	"printf '%s %s %s\\n' \"$@\" | sort -u >$notes.want\n"
	"if ! cmp -s $notes.want $notes.is; then\n"
	"	echo \"sandbox.lock does not resolve any more (- locked, + found):\"\n"
	"	only $notes.is $notes.want | sed 's/^/- /'\n"
	"	only $notes.want $notes.is | sed 's/^/+ /'\n"
	"	echo \"'sandbox lock --update' resolves it anew\"\n"
	"	exit 1\n"
	"fi\n";

const char *manager_key(const struct manager *m)
{
	return schema_keys[m->id].key;
}

/* Without the marks; and without what is between them, unless it is wanted. */
static char *without_marks(const char *script, bool quicker)
{
	struct buf b = BUF_INIT;
	bool between = false;

	for (; *script; script++) {
		if (*script == *QUICKER_BEGINS || *script == *QUICKER_ENDS)
			between = *script == *QUICKER_BEGINS;
		else if (quicker || !between)
			buf_add(&b, script, 1);
	}
	return buf_detach(&b);
}

char *manager_script(const struct manager *m, bool locked, bool quicker)
{
	cleanup_buf struct buf b = BUF_INIT;

	buf_addf(&b, "set -f; notes=/run/packages time=\n%s%s", functions, locked ? arguments : "");
	if (m->list)
		buf_addf(&b, "list() {\n%s}\nlist | sort >$notes.before\n", m->list);
	buf_addstr(&b, locked ? m->pinned : m->install);
	if (m->list)
		buf_addstr(&b, "list | sort >$notes.after\n"
			       "only $notes.before $notes.after >$notes.new\n");
	buf_addf(&b, "collect() {\n%s}\n(collect) | sort -u >$notes.is\n%s", m->collect,
		 locked ? verify : "");
	buf_addf(&b, "mkdir -p " NOTES "\ncp $notes.is " NOTES "/%s\n%s", manager_key(m),
		 m->clean ? m->clean : "");
	return without_marks(b.data, quicker);
}
