/*
 * keys.h - the ids of the rows of schema_table.c, in their order, and the words that describe a row.
 *
 * Code names a key by its id, so that a typo does not compile, or goes through all rows (schema.h).
 */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

enum schema_id {
	KEY_NAME,
	KEY_IMAGE,
	KEY_PROFILE,
	KEY_INCLUDE,
	KEY_DEVCONTAINER,
	KEY_NETWORK,
	KEY_LINGER,
	KEY_SERVICES,
	KEY_HOME,
	KEY_PROJECT,
	KEY_WORKDIR,
	KEY_IDMAP,
	KEY_NESTED,
	KEY_IO_URING,
	KEY_PERF,
	KEY_SUDO,
	KEY_ROOT,
	KEY_USER,
	KEY_SHELL,
	KEY_HOSTNAME,
	KEY_PREBUILT,
	KEY_PROTECT,
	KEY_REPORT,
	KEY_DOTFILES,
	KEY_EXPORT,
	KEY_SECRETS,
	KEY_SSH_AGENT,
	KEY_GIT,
	KEY_DISPLAY,
	KEY_GPU,
	KEY_CA,
	KEY_PROXY_PASSWORD,
	KEY_DEVICES,
	KEY_DBUS,
	KEY_ENV,
	KEY_MOUNTS,
	KEY_MATRIX,
	KEY_APT,
	KEY_APK,
	KEY_DNF,
	KEY_PIP,
	KEY_NPM,
	KEY_CARGO,
	KEY_RUN,
	KEY_NETWORK_DEFAULT,
	KEY_NETWORK_ALLOW,
	KEY_NETWORK_DENY,
	KEY_NETWORK_LINKS,
	KEY_NETWORK_ALIASES,
	KEY_NETWORK_HOSTS,
	KEY_FORWARD,
	KEY_PORTS,
	KEY_LIMITS_MEMORY,
	KEY_LIMITS_CPUS,
	KEY_LIMITS_PIDS,
	KEY_HOOKS_INITIALIZE,
	KEY_HOOKS_CREATE,
	KEY_HOOKS_START,
	KEY_HOOKS_ENTER,
	KEY_HOOKS_EXIT,
	KEY_SERVICE_IMAGE,
	KEY_SERVICE_COMMAND,
	KEY_SERVICE_ENTRYPOINT,
	KEY_SERVICE_ENV,
	KEY_SERVICE_ENV_FILE,
	KEY_SERVICE_PORTS,
	KEY_SERVICE_NETWORK,
	KEY_SERVICE_LOCALHOST,
	KEY_SERVICE_ALIASES,
	KEY_SERVICE_HOSTS,
	KEY_SERVICE_VOLUMES,
	KEY_SERVICE_FILE,
	KEY_SERVICE_TMPFS,
	KEY_SERVICE_USER,
	KEY_SERVICE_WORKDIR,
	KEY_SERVICE_NEEDS,
	KEY_SERVICE_HEALTH,
	KEY_SERVICE_HEALTH_INTERVAL,
	KEY_SERVICE_HEALTH_TIMEOUT,
	KEY_SERVICE_HEALTH_RETRIES,
	KEY_SERVICE_HEALTH_START_PERIOD,
	KEY_SERVICE_RESTART,
	KEY_SERVICE_STOP_SIGNAL,
	KEY_SERVICE_STOP_TIMEOUT,
	KEY_SERVICE_PROFILES,
	N_KEYS
};

/* How the user is asked about a value (grant/reach.c). 0: the row does not say. */
enum schema_asked {
	ASKED_NEVER = 1, /* harmless: reaches nothing of the host */
	ASKED_VALUE,	 /* as written */
	ASKED_PATH,	 /* as the path it resolves to, if that is outside the project */
	ASKED_IMAGE,	 /* if a directory outside the project, or from an unknown registry */
	ASKED_WORDS,	 /* each word of the list */
	ASKED_RULES,	 /* each word, as netpolicy/rule.h writes it */
	ASKED_LENT,	 /* by the code that lends it: grant/lend.c */
	ASKED_MOUNT,	 /* as a mount: what it resolves to, and how */
	ASKED_PORT,	 /* each port of the line */
	ASKED_UP,	 /* by `up`, in the settings of the service's own box: a path */
	ASKED_COMMAND,	 /* as what this machine runs */
	ASKED_THERE,	 /* not here: a line of [matrix] is asked about as the image of its box */
};

#endif
