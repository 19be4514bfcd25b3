# shellcheck shell=bash
# screen.bash - a real terminal for tests, driven by tmux: type, look, resize, hang up; or by
# script(1) if nothing is typed.

# Runs a command on its own terminal; returns its status and output.
on_terminal() { # COMMAND
	# a FIFO that never ends: at the end of its input script would type Ctrl-D
	[ -p "$T/nothing-typed" ] || mkfifo "$T/nothing-typed"
	script -qec "$1" /dev/null <>"$T/nothing-typed"
}

screen_open() { # [COMMAND]
	tmux -S "$T/tmux" -f /dev/null new-session -d -x 100 -y 30 \
		"exec env -u TMUX -u TMUX_PANE PS1='host> ' ${1:-bash --norc --noprofile --noediting}" 3>&-
	[ -n "${1:-}" ] || screen_shows '^host>'
}

screen_close() {
	tmux -S "$T/tmux" kill-server 2>/dev/null || return 0
	wait_until 50 sh -c "! tmux -S '$T/tmux' list-sessions 2>/dev/null"
	rm -f "$T/tmux"
}

# Types a line and Enter; single keys by their names in tmux. At a prompt it waits until the line is
# shown there, so that a prompt that is waited for next is another one.
type_line() {
	local at_prompt=no

	! screen_ends_with '^[a-z]+>$' || at_prompt=yes
	tmux -S "$T/tmux" send-keys -l -- "$1"
	[ -z "$1" ] || [ $at_prompt = no ] || wait_until 50 screen_ends_otherwise '^[a-z]+>$'
	tmux -S "$T/tmux" send-keys Enter
}

# Waits for a shell's prompt: input typed before goes to the command, or is dropped by what ends.
prompt() { # NAME: it is "NAME> "
	wait_until 50 screen_ends_with "^(\\^C)?$1>\$" || {
		echo "no prompt of $1" >&2
		screen >&2
		return 1
	}
}

outer_prompt() {
	prompt host
}

press() { # KEY...
	tmux -S "$T/tmux" send-keys "$@"
}

screen() {
	tmux -S "$T/tmux" capture-pane -p | sed '/^$/d'
}

# Waits until a line of the screen matches the extended regular expression.
screen_shows() {
	wait_until 50 screen_matches "$1" || {
		echo "not shown: $1" >&2
		screen >&2
		return 1
	}
}

screen_matches() {
	screen | grep -Eq -- "$1"
}

screen_ends_with() {
	screen | tail -1 | grep -Eq -- "$1"
}

screen_ends_otherwise() { ! screen_ends_with "$1"; }

# The settings of the terminal itself, read on the outer shell's side.
screen_settings() {
	local tty
	tty=$(tmux -S "$T/tmux" display-message -p '#{pane_tty}')
	stty -a -F "$tty"
}

# A session owns the terminal: input goes to it byte by byte.
raw() {
	[[ $(screen_settings) == *" -icanon"* ]]
}

screen_resize() { # COLUMNS ROWS
	tmux -S "$T/tmux" resize-window -x "$1" -y "$2"
}
