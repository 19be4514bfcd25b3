# Completion of sandbox(1) for bash. All knowledge is in `sandbox __complete`.
#
# Bash splits words at = and :, and replaces only the part after the last of them. So we take the
# words whole, and cut the part before it off the candidates.
#
# We always ask the installed program, by its absolute path: a Tab after `./sandbox` runs nothing in the
# current directory.

_sandbox() {
	local cur words cword
	if declare -F _get_comp_words_by_ref >/dev/null; then
		_get_comp_words_by_ref -n =: cur words cword
	else
		words=()
		for cur in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
			if [[ $cur == [=:]* || ${words[*]: -1} == *[=:] ]]; then
				words[-1]+=$cur
			else
				words+=("$cur")
			fi
		done
		cword=$((${#words[@]} - 1)) cur=${words[cword]}
	fi

	local program lines kind prefix line
	program=$(type -P sandbox)
	[[ $program == /* ]] || return 0
	mapfile -t lines < <("$program" __complete "${words[@]:1:cword}" 2>/dev/null)
	kind=${lines[0]%%$'\t'*} prefix=${lines[0]#*$'\t'}

	COMPREPLY=()
	for line in "${lines[@]:1}"; do
		line=${line%%$'\t'*}
		[[ $line == "$cur"* ]] && COMPREPLY+=("$line")
	done

	local flag='' value=${cur#"$prefix"}
	case $kind in
	files) flag=-f ;;
	dirs) flag=-d ;;
	programs) flag=-c ;;
	esac
	if [[ $flag ]]; then
		[[ $flag != -c ]] && compopt -o filenames
		while IFS= read -r line; do
			COMPREPLY+=("$prefix$line")
		done < <(compgen "$flag" -- "$value")
	fi

	local breaks=${COMP_WORDBREAKS//[!=:]/}
	if [[ $breaks && $cur == *[$breaks]* ]]; then
		COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*["$breaks"]}"}"}")
	fi
	# A value must still be typed after "dir:".
	[[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *: ]] && compopt -o nospace
	return 0
}

complete -F _sandbox sandbox
