# Completion of sandbox(1) for fish. All knowledge is in `sandbox __complete`.
#
# We always ask the installed program, by its absolute path: a Tab after `./sandbox` runs nothing in the
# current directory.

function __sandbox_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (command -s sandbox)
    string match -q '/*' -- "$program"; or return
    set -l lines ($program __complete $words[2..-1] "$current" 2>/dev/null)
    test (count $lines) -gt 0; or return
    set -l first (string split -m 1 \t -- $lines[1])
    set -l prefix $first[2]
    set -l value (string sub -s (math (string length -- "$prefix") + 1) -- "$current")

    for line in $lines[2..-1]
        echo $line
    end
    switch $first[1]
        case files
            printf '%s\n' $prefix(__fish_complete_path "$value")
        case dirs
            printf '%s\n' $prefix(__fish_complete_directories "$value" directory)
        case programs
            __fish_complete_command
    end
end

complete -c sandbox -f -a '(__sandbox_complete)'
