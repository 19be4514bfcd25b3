# Completion of sandbox(1) for bash. All knowledge is in `sandbox __complete`.
#
# Bash splits words at = and :, and replaces only the part behind the last of them; so the words
# are taken whole, and what stands before is cut off the candidates again.

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

	local lines kind prefix line IFS=$'\n'
	mapfile -t lines < <("${words[0]}" __complete "${words[@]:1:cword}" 2>/dev/null)
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
		for line in $(compgen "$flag" -- "$value"); do
			COMPREPLY+=("$prefix$line")
		done
	fi

	local breaks=${COMP_WORDBREAKS//[!=:]/}
	if [[ $breaks && $cur == *[$breaks]* ]]; then
		COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*["$breaks"]}"}"}")
	fi
	# A value is still to be typed behind "dir:".
	[[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *: ]] && compopt -o nospace
	return 0
}

complete -F _sandbox sandbox
