# shellcheck shell=bash
# screen.bash - a real terminal for tests, driven by tmux: type, look, resize, hang up; or by
# script(1), where nothing is typed.

# Runs a command on a terminal of its own; its status, and what it wrote.
on_terminal() { # COMMAND
	# a FIFO that never ends: at the end of its input script types Ctrl-D
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

# Types a line and Enter; single keys as tmux names them.
type_line() {
	tmux -S "$T/tmux" send-keys -l -- "$1"
	tmux -S "$T/tmux" send-keys Enter
}

# Waits for the prompt of the outer shell: what is typed before it comes goes to the command.
outer_prompt() {
	wait_until 50 screen_ends_with 'host>$' || {
		echo "no prompt" >&2
		screen >&2
		return 1
	}
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

# The settings of the terminal itself, asked for by the outer shell's side.
screen_settings() {
	local tty
	tty=$(tmux -S "$T/tmux" display-message -p '#{pane_tty}')
	stty -a -F "$tty"
}

# A session has the terminal: what is typed goes to it byte by byte.
raw() {
	[[ $(screen_settings) == *" -icanon"* ]]
}

screen_resize() { # COLUMNS ROWS
	tmux -S "$T/tmux" resize-window -x "$1" -y "$2"
}
