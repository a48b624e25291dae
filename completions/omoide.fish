# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_omoide_global_optspecs
    string join \n cache-dir= config= color= env= env-exclude= any-dir stdin input= input-mtime= input-args scope= program= tag= ttl= idle= on-expired= stale= refresh= watch failure-ttl= stale-if-error max-output= timeout= force cached-only no-store v/verbose h/help V/version
end

function __fish_omoide_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_omoide_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_omoide_using_subcommand
    set -l cmd (__fish_omoide_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c omoide -n "__fish_omoide_needs_command" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_needs_command" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_needs_command" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_needs_command" -l env -d 'Only variables that match (globs, comma-separated) count; \'\' for none' -r
complete -c omoide -n "__fish_omoide_needs_command" -l env-exclude -d 'Variables that match (globs, comma-separated) don\'t count' -r
complete -c omoide -n "__fish_omoide_needs_command" -l input -d 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)' -r -F
complete -c omoide -n "__fish_omoide_needs_command" -l input-mtime -d 'The same by modification time and size, without reading (repeatable)' -r -F
complete -c omoide -n "__fish_omoide_needs_command" -l scope -d 'A namespace [env: OMOIDE_SCOPE]' -r
complete -c omoide -n "__fish_omoide_needs_command" -l program -d 'How the program is identified' -r -f -a "stat\t'By path, size and modification time (the default)'
content\t'By its content'
path\t'By its path alone'"
complete -c omoide -n "__fish_omoide_needs_command" -l tag -d 'A label to list and forget by (repeatable)' -r
complete -c omoide -n "__fish_omoide_needs_command" -l ttl -d 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]' -r
complete -c omoide -n "__fish_omoide_needs_command" -l idle -d 'Expires DUR after it was last served' -r
complete -c omoide -n "__fish_omoide_needs_command" -l on-expired -d 'What an expired entry still does' -r -f -a "recompute\t'Nothing: the call is a miss (the default)'
serve\t'It serves once more and is dropped; the next call recomputes'"
complete -c omoide -n "__fish_omoide_needs_command" -l stale -d 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]' -r
complete -c omoide -n "__fish_omoide_needs_command" -l refresh -d 'The daemon recomputes it whenever it is older than DUR, whoever asks' -r
complete -c omoide -n "__fish_omoide_needs_command" -l failure-ttl -d 'Stores failures (non-zero exit status) too, for DUR, beside the last good result' -r
complete -c omoide -n "__fish_omoide_needs_command" -l max-output -d 'Larger outputs aren\'t stored [default: half of the store\'s max_size]' -r
complete -c omoide -n "__fish_omoide_needs_command" -l timeout -d 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124' -r
complete -c omoide -n "__fish_omoide_needs_command" -l any-dir -d 'The working directory doesn\'t count'
complete -c omoide -n "__fish_omoide_needs_command" -l stdin -d 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)'
complete -c omoide -n "__fish_omoide_needs_command" -l input-args -d 'Arguments of COMMAND that name existing files are inputs'
complete -c omoide -n "__fish_omoide_needs_command" -l watch -d 'The daemon recomputes it when an --input changes'
complete -c omoide -n "__fish_omoide_needs_command" -l stale-if-error -d 'If recomputing fails, serves the last good result, expired or not'
complete -c omoide -n "__fish_omoide_needs_command" -l force -d 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]'
complete -c omoide -n "__fish_omoide_needs_command" -l cached-only -d 'Never runs COMMAND; exit status 125 if it isn\'t cached'
complete -c omoide -n "__fish_omoide_needs_command" -l no-store -d 'Looks up and runs as usual, stores nothing'
complete -c omoide -n "__fish_omoide_needs_command" -s v -l verbose -d 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
complete -c omoide -n "__fish_omoide_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_needs_command" -s V -l version -d 'Print version'
complete -c omoide -n "__fish_omoide_needs_command" -a "run" -d 'Memoizes a command: the same as without a subcommand'
complete -c omoide -n "__fish_omoide_needs_command" -a "check" -d 'Tells whether a call would be served from the cache (exit status 0) or not (1)'
complete -c omoide -n "__fish_omoide_needs_command" -a "explain" -d 'Shows every part of a call\'s key, its state and why it would be a hit or a miss'
complete -c omoide -n "__fish_omoide_needs_command" -a "warm" -d 'Computes and stores in the background; prints nothing'
complete -c omoide -n "__fish_omoide_needs_command" -a "refresh" -d 'Recomputes entries now'
complete -c omoide -n "__fish_omoide_needs_command" -a "daemon" -d 'The daemon that refreshes entries'
complete -c omoide -n "__fish_omoide_needs_command" -a "list" -d 'Lists what is stored'
complete -c omoide -n "__fish_omoide_needs_command" -a "show" -d 'Shows one entry, or its output alone'
complete -c omoide -n "__fish_omoide_needs_command" -a "forget" -d 'Removes entries'
complete -c omoide -n "__fish_omoide_needs_command" -a "stats" -d 'Shows hits, misses, time saved and sizes'
complete -c omoide -n "__fish_omoide_needs_command" -a "gc" -d 'Removes what has expired, enforces the limits, frees unreferenced data'
complete -c omoide -n "__fish_omoide_needs_command" -a "doctor" -d 'Looks for anything wrong with the cache folder'
complete -c omoide -n "__fish_omoide_needs_command" -a "config" -d 'Shows or checks the configuration'
complete -c omoide -n "__fish_omoide_needs_command" -a "completions" -d 'Prints the completions for a shell'
complete -c omoide -n "__fish_omoide_needs_command" -a "man" -d 'Prints the manual page, or writes all of them into a folder'
complete -c omoide -n "__fish_omoide_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c omoide -n "__fish_omoide_using_subcommand run" -l env -d 'Only variables that match (globs, comma-separated) count; \'\' for none' -r
complete -c omoide -n "__fish_omoide_using_subcommand run" -l env-exclude -d 'Variables that match (globs, comma-separated) don\'t count' -r
complete -c omoide -n "__fish_omoide_using_subcommand run" -l input -d 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand run" -l input-mtime -d 'The same by modification time and size, without reading (repeatable)' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand run" -l scope -d 'A namespace [env: OMOIDE_SCOPE]' -r
complete -c omoide -n "__fish_omoide_using_subcommand run" -l program -d 'How the program is identified' -r -f -a "stat\t'By path, size and modification time (the default)'
content\t'By its content'
path\t'By its path alone'"
complete -c omoide -n "__fish_omoide_using_subcommand run" -l tag -d 'A label to list and forget by (repeatable)' -r
complete -c omoide -n "__fish_omoide_using_subcommand run" -l ttl -d 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]' -r
complete -c omoide -n "__fish_omoide_using_subcommand run" -l idle -d 'Expires DUR after it was last served' -r
complete -c omoide -n "__fish_omoide_using_subcommand run" -l on-expired -d 'What an expired entry still does' -r -f -a "recompute\t'Nothing: the call is a miss (the default)'
serve\t'It serves once more and is dropped; the next call recomputes'"
complete -c omoide -n "__fish_omoide_using_subcommand run" -l stale -d 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]' -r
complete -c omoide -n "__fish_omoide_using_subcommand run" -l refresh -d 'The daemon recomputes it whenever it is older than DUR, whoever asks' -r
complete -c omoide -n "__fish_omoide_using_subcommand run" -l failure-ttl -d 'Stores failures (non-zero exit status) too, for DUR, beside the last good result' -r
complete -c omoide -n "__fish_omoide_using_subcommand run" -l max-output -d 'Larger outputs aren\'t stored [default: half of the store\'s max_size]' -r
complete -c omoide -n "__fish_omoide_using_subcommand run" -l timeout -d 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124' -r
complete -c omoide -n "__fish_omoide_using_subcommand run" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand run" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand run" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand run" -l any-dir -d 'The working directory doesn\'t count'
complete -c omoide -n "__fish_omoide_using_subcommand run" -l stdin -d 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)'
complete -c omoide -n "__fish_omoide_using_subcommand run" -l input-args -d 'Arguments of COMMAND that name existing files are inputs'
complete -c omoide -n "__fish_omoide_using_subcommand run" -l watch -d 'The daemon recomputes it when an --input changes'
complete -c omoide -n "__fish_omoide_using_subcommand run" -l stale-if-error -d 'If recomputing fails, serves the last good result, expired or not'
complete -c omoide -n "__fish_omoide_using_subcommand run" -l force -d 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]'
complete -c omoide -n "__fish_omoide_using_subcommand run" -l cached-only -d 'Never runs COMMAND; exit status 125 if it isn\'t cached'
complete -c omoide -n "__fish_omoide_using_subcommand run" -l no-store -d 'Looks up and runs as usual, stores nothing'
complete -c omoide -n "__fish_omoide_using_subcommand run" -s v -l verbose -d 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
complete -c omoide -n "__fish_omoide_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand check" -l env -d 'Only variables that match (globs, comma-separated) count; \'\' for none' -r
complete -c omoide -n "__fish_omoide_using_subcommand check" -l env-exclude -d 'Variables that match (globs, comma-separated) don\'t count' -r
complete -c omoide -n "__fish_omoide_using_subcommand check" -l input -d 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand check" -l input-mtime -d 'The same by modification time and size, without reading (repeatable)' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand check" -l scope -d 'A namespace [env: OMOIDE_SCOPE]' -r
complete -c omoide -n "__fish_omoide_using_subcommand check" -l program -d 'How the program is identified' -r -f -a "stat\t'By path, size and modification time (the default)'
content\t'By its content'
path\t'By its path alone'"
complete -c omoide -n "__fish_omoide_using_subcommand check" -l tag -d 'A label to list and forget by (repeatable)' -r
complete -c omoide -n "__fish_omoide_using_subcommand check" -l ttl -d 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]' -r
complete -c omoide -n "__fish_omoide_using_subcommand check" -l idle -d 'Expires DUR after it was last served' -r
complete -c omoide -n "__fish_omoide_using_subcommand check" -l on-expired -d 'What an expired entry still does' -r -f -a "recompute\t'Nothing: the call is a miss (the default)'
serve\t'It serves once more and is dropped; the next call recomputes'"
complete -c omoide -n "__fish_omoide_using_subcommand check" -l stale -d 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]' -r
complete -c omoide -n "__fish_omoide_using_subcommand check" -l refresh -d 'The daemon recomputes it whenever it is older than DUR, whoever asks' -r
complete -c omoide -n "__fish_omoide_using_subcommand check" -l failure-ttl -d 'Stores failures (non-zero exit status) too, for DUR, beside the last good result' -r
complete -c omoide -n "__fish_omoide_using_subcommand check" -l max-output -d 'Larger outputs aren\'t stored [default: half of the store\'s max_size]' -r
complete -c omoide -n "__fish_omoide_using_subcommand check" -l timeout -d 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124' -r
complete -c omoide -n "__fish_omoide_using_subcommand check" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand check" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand check" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand check" -l any-dir -d 'The working directory doesn\'t count'
complete -c omoide -n "__fish_omoide_using_subcommand check" -l stdin -d 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)'
complete -c omoide -n "__fish_omoide_using_subcommand check" -l input-args -d 'Arguments of COMMAND that name existing files are inputs'
complete -c omoide -n "__fish_omoide_using_subcommand check" -l watch -d 'The daemon recomputes it when an --input changes'
complete -c omoide -n "__fish_omoide_using_subcommand check" -l stale-if-error -d 'If recomputing fails, serves the last good result, expired or not'
complete -c omoide -n "__fish_omoide_using_subcommand check" -l force -d 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]'
complete -c omoide -n "__fish_omoide_using_subcommand check" -l cached-only -d 'Never runs COMMAND; exit status 125 if it isn\'t cached'
complete -c omoide -n "__fish_omoide_using_subcommand check" -l no-store -d 'Looks up and runs as usual, stores nothing'
complete -c omoide -n "__fish_omoide_using_subcommand check" -s v -l verbose -d 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
complete -c omoide -n "__fish_omoide_using_subcommand check" -l json -d 'Prints one JSON object'
complete -c omoide -n "__fish_omoide_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l env -d 'Only variables that match (globs, comma-separated) count; \'\' for none' -r
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l env-exclude -d 'Variables that match (globs, comma-separated) don\'t count' -r
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l input -d 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l input-mtime -d 'The same by modification time and size, without reading (repeatable)' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l scope -d 'A namespace [env: OMOIDE_SCOPE]' -r
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l program -d 'How the program is identified' -r -f -a "stat\t'By path, size and modification time (the default)'
content\t'By its content'
path\t'By its path alone'"
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l tag -d 'A label to list and forget by (repeatable)' -r
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l ttl -d 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]' -r
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l idle -d 'Expires DUR after it was last served' -r
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l on-expired -d 'What an expired entry still does' -r -f -a "recompute\t'Nothing: the call is a miss (the default)'
serve\t'It serves once more and is dropped; the next call recomputes'"
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l stale -d 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]' -r
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l refresh -d 'The daemon recomputes it whenever it is older than DUR, whoever asks' -r
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l failure-ttl -d 'Stores failures (non-zero exit status) too, for DUR, beside the last good result' -r
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l max-output -d 'Larger outputs aren\'t stored [default: half of the store\'s max_size]' -r
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l timeout -d 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124' -r
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l any-dir -d 'The working directory doesn\'t count'
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l stdin -d 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)'
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l input-args -d 'Arguments of COMMAND that name existing files are inputs'
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l watch -d 'The daemon recomputes it when an --input changes'
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l stale-if-error -d 'If recomputing fails, serves the last good result, expired or not'
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l force -d 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]'
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l cached-only -d 'Never runs COMMAND; exit status 125 if it isn\'t cached'
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l no-store -d 'Looks up and runs as usual, stores nothing'
complete -c omoide -n "__fish_omoide_using_subcommand explain" -s v -l verbose -d 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
complete -c omoide -n "__fish_omoide_using_subcommand explain" -l json -d 'Prints one JSON object'
complete -c omoide -n "__fish_omoide_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l env -d 'Only variables that match (globs, comma-separated) count; \'\' for none' -r
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l env-exclude -d 'Variables that match (globs, comma-separated) don\'t count' -r
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l input -d 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l input-mtime -d 'The same by modification time and size, without reading (repeatable)' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l scope -d 'A namespace [env: OMOIDE_SCOPE]' -r
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l program -d 'How the program is identified' -r -f -a "stat\t'By path, size and modification time (the default)'
content\t'By its content'
path\t'By its path alone'"
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l tag -d 'A label to list and forget by (repeatable)' -r
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l ttl -d 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]' -r
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l idle -d 'Expires DUR after it was last served' -r
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l on-expired -d 'What an expired entry still does' -r -f -a "recompute\t'Nothing: the call is a miss (the default)'
serve\t'It serves once more and is dropped; the next call recomputes'"
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l stale -d 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]' -r
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l refresh -d 'The daemon recomputes it whenever it is older than DUR, whoever asks' -r
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l failure-ttl -d 'Stores failures (non-zero exit status) too, for DUR, beside the last good result' -r
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l max-output -d 'Larger outputs aren\'t stored [default: half of the store\'s max_size]' -r
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l timeout -d 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124' -r
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l wait -d 'Returns when the result is stored; exit status 1 if it couldn\'t be'
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l any-dir -d 'The working directory doesn\'t count'
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l stdin -d 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)'
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l input-args -d 'Arguments of COMMAND that name existing files are inputs'
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l watch -d 'The daemon recomputes it when an --input changes'
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l stale-if-error -d 'If recomputing fails, serves the last good result, expired or not'
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l force -d 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]'
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l cached-only -d 'Never runs COMMAND; exit status 125 if it isn\'t cached'
complete -c omoide -n "__fish_omoide_using_subcommand warm" -l no-store -d 'Looks up and runs as usual, stores nothing'
complete -c omoide -n "__fish_omoide_using_subcommand warm" -s v -l verbose -d 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
complete -c omoide -n "__fish_omoide_using_subcommand warm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l env -d 'Only variables that match (globs, comma-separated) count; \'\' for none' -r
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l env-exclude -d 'Variables that match (globs, comma-separated) don\'t count' -r
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l input -d 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l input-mtime -d 'The same by modification time and size, without reading (repeatable)' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l scope -d 'A namespace [env: OMOIDE_SCOPE]' -r
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l program -d 'How the program is identified' -r -f -a "stat\t'By path, size and modification time (the default)'
content\t'By its content'
path\t'By its path alone'"
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l tag -d 'A label to list and forget by (repeatable)' -r
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l ttl -d 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]' -r
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l idle -d 'Expires DUR after it was last served' -r
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l on-expired -d 'What an expired entry still does' -r -f -a "recompute\t'Nothing: the call is a miss (the default)'
serve\t'It serves once more and is dropped; the next call recomputes'"
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l stale -d 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]' -r
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l refresh -d 'The daemon recomputes it whenever it is older than DUR, whoever asks' -r
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l failure-ttl -d 'Stores failures (non-zero exit status) too, for DUR, beside the last good result' -r
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l max-output -d 'Larger outputs aren\'t stored [default: half of the store\'s max_size]' -r
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l timeout -d 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124' -r
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l all -d 'All of them'
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l any-dir -d 'The working directory doesn\'t count'
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l stdin -d 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)'
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l input-args -d 'Arguments of COMMAND that name existing files are inputs'
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l watch -d 'The daemon recomputes it when an --input changes'
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l stale-if-error -d 'If recomputing fails, serves the last good result, expired or not'
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l force -d 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]'
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l cached-only -d 'Never runs COMMAND; exit status 125 if it isn\'t cached'
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -l no-store -d 'Looks up and runs as usual, stores nothing'
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -s v -l verbose -d 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
complete -c omoide -n "__fish_omoide_using_subcommand refresh" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop status install uninstall job help" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop status install uninstall job help" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop status install uninstall job help" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop status install uninstall job help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop status install uninstall job help" -f -a "run" -d 'Is the daemon, in the foreground, until it is told to stop; logs to standard error'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop status install uninstall job help" -f -a "start" -d 'Starts the daemon in the background; nothing if it runs'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop status install uninstall job help" -f -a "stop" -d 'Stops the daemon and waits until it is gone; nothing if none runs'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop status install uninstall job help" -f -a "status" -d 'Shows what is scheduled, running and failing; exit status 1 if no daemon runs'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop status install uninstall job help" -f -a "install" -d 'Has the user\'s service manager run the daemon: writes units for systemd'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop status install uninstall job help" -f -a "uninstall" -d 'Removes what install wrote'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop status install uninstall job help" -f -a "job" -d 'Recomputes one entry: reads the order from standard input, writes the report'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and not __fish_seen_subcommand_from run start stop status install uninstall job help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from run" -l period -d 'Looks every DUR for what is due, instead of waking exactly then' -r
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from run" -l jobs -d 'Recomputes so many entries at once [default: as many as there are processors]' -r
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from run" -l idle-exit -d 'Leaves when there has been nothing to do for DUR' -r
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from run" -l log -d 'How much is logged: off, error, warn, info, debug or trace [env: OMOIDE_LOG] [default: info]' -r
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from run" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from run" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from run" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from run" -l detached -d 'Was started by `daemon start`'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from start" -l period -d 'Looks every DUR for what is due, instead of waking exactly then' -r
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from start" -l jobs -d 'Recomputes so many entries at once [default: as many as there are processors]' -r
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from start" -l idle-exit -d 'Leaves when there has been nothing to do for DUR' -r
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from start" -l log -d 'How much is logged: off, error, warn, info, debug or trace [env: OMOIDE_LOG] [default: info]' -r
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from start" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from start" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from start" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from stop" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from stop" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from stop" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from status" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from status" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from status" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from status" -l json -d 'Prints one JSON object'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from install" -l for -d 'The service manager [default: that of this system]' -r -f -a "systemd\t'Units in the user\'s configuration folder'
launchd\t'A property list in ~/Library/LaunchAgents'"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from install" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from install" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from install" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from install" -l print -d 'Shows what would be written or removed, and changes nothing'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -l for -d 'The service manager [default: that of this system]' -r -f -a "systemd\t'Units in the user\'s configuration folder'
launchd\t'A property list in ~/Library/LaunchAgents'"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -l print -d 'Shows what would be written or removed, and changes nothing'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from uninstall" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from job" -l timeout -d 'Ends the command after DUR' -r
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from job" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from job" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from job" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from job" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from help" -f -a "run" -d 'Is the daemon, in the foreground, until it is told to stop; logs to standard error'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from help" -f -a "start" -d 'Starts the daemon in the background; nothing if it runs'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from help" -f -a "stop" -d 'Stops the daemon and waits until it is gone; nothing if none runs'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from help" -f -a "status" -d 'Shows what is scheduled, running and failing; exit status 1 if no daemon runs'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from help" -f -a "install" -d 'Has the user\'s service manager run the daemon: writes units for systemd'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from help" -f -a "uninstall" -d 'Removes what install wrote'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from help" -f -a "job" -d 'Recomputes one entry: reads the order from standard input, writes the report'
complete -c omoide -n "__fish_omoide_using_subcommand daemon; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c omoide -n "__fish_omoide_using_subcommand list" -l tag -d 'Only entries with this label' -r
complete -c omoide -n "__fish_omoide_using_subcommand list" -l program -d 'Only entries of this program (a path or a file name)' -r
complete -c omoide -n "__fish_omoide_using_subcommand list" -l state -d 'Only entries in this state' -r -f -a "fresh\t'It serves'
stale\t'It serves, and the next call has it recomputed in the background'
expired\t'Its time is over'"
complete -c omoide -n "__fish_omoide_using_subcommand list" -l sort -d 'What to sort by; the newest, largest or most first' -r -f -a "age\t'When it was computed, newest first'
expires\t'When it expires, soonest first'
size\t'Size of the output, largest first'
hits\t'Hits, most first'
accessed\t'When it was last served, latest first'
command\t'The command, by the alphabet'"
complete -c omoide -n "__fish_omoide_using_subcommand list" -l limit -d 'At most so many' -r
complete -c omoide -n "__fish_omoide_using_subcommand list" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand list" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand list" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand list" -l json -d 'Prints one JSON object'
complete -c omoide -n "__fish_omoide_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand show" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand show" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand show" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand show" -l failure -d 'Shows the failure that is stored beside the good result'
complete -c omoide -n "__fish_omoide_using_subcommand show" -l stdout -d 'Prints its standard output alone'
complete -c omoide -n "__fish_omoide_using_subcommand show" -l stderr -d 'Prints its standard error alone'
complete -c omoide -n "__fish_omoide_using_subcommand show" -l json -d 'Prints one JSON object'
complete -c omoide -n "__fish_omoide_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l tag -d 'Those with this label; with a command, the label of its call' -r
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l program -d 'Those of this program (a path or a file name); with a command, how it is identified' -r
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l older-than -d 'Those computed longer ago than DUR' -r
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l env -d 'Only variables that match (globs, comma-separated) count; \'\' for none' -r
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l env-exclude -d 'Variables that match (globs, comma-separated) don\'t count' -r
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l input -d 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l input-mtime -d 'The same by modification time and size, without reading (repeatable)' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l scope -d 'A namespace [env: OMOIDE_SCOPE]' -r
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l ttl -d 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]' -r
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l idle -d 'Expires DUR after it was last served' -r
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l on-expired -d 'What an expired entry still does' -r -f -a "recompute\t'Nothing: the call is a miss (the default)'
serve\t'It serves once more and is dropped; the next call recomputes'"
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l stale -d 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]' -r
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l refresh -d 'The daemon recomputes it whenever it is older than DUR, whoever asks' -r
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l failure-ttl -d 'Stores failures (non-zero exit status) too, for DUR, beside the last good result' -r
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l max-output -d 'Larger outputs aren\'t stored [default: half of the store\'s max_size]' -r
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l timeout -d 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124' -r
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l expired -d 'Those whose time is over'
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l all -d 'All of them'
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l any-dir -d 'The working directory doesn\'t count'
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l stdin -d 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)'
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l input-args -d 'Arguments of COMMAND that name existing files are inputs'
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l watch -d 'The daemon recomputes it when an --input changes'
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l stale-if-error -d 'If recomputing fails, serves the last good result, expired or not'
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l force -d 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]'
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l cached-only -d 'Never runs COMMAND; exit status 125 if it isn\'t cached'
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l no-store -d 'Looks up and runs as usual, stores nothing'
complete -c omoide -n "__fish_omoide_using_subcommand forget" -s v -l verbose -d 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l dry-run -d 'Only says what would be removed'
complete -c omoide -n "__fish_omoide_using_subcommand forget" -l json -d 'Prints one JSON object'
complete -c omoide -n "__fish_omoide_using_subcommand forget" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand stats" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand stats" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand stats" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand stats" -l json -d 'Prints one JSON object'
complete -c omoide -n "__fish_omoide_using_subcommand stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand gc" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand gc" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand gc" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand gc" -l json -d 'Prints one JSON object'
complete -c omoide -n "__fish_omoide_using_subcommand gc" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand doctor" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand doctor" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand doctor" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand doctor" -l repair -d 'Mends what can be mended'
complete -c omoide -n "__fish_omoide_using_subcommand doctor" -l json -d 'Prints one JSON object'
complete -c omoide -n "__fish_omoide_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand config; and not __fish_seen_subcommand_from path show check help" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand config; and not __fish_seen_subcommand_from path show check help" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand config; and not __fish_seen_subcommand_from path show check help" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand config; and not __fish_seen_subcommand_from path show check help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand config; and not __fish_seen_subcommand_from path show check help" -f -a "path" -d 'Prints the path of the user\'s configuration file'
complete -c omoide -n "__fish_omoide_using_subcommand config; and not __fish_seen_subcommand_from path show check help" -f -a "show" -d 'Prints the configuration in force here'
complete -c omoide -n "__fish_omoide_using_subcommand config; and not __fish_seen_subcommand_from path show check help" -f -a "check" -d 'Checks the configuration files and names every mistake'
complete -c omoide -n "__fish_omoide_using_subcommand config; and not __fish_seen_subcommand_from path show check help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from path" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from path" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from show" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from show" -l origin -d 'Says where each value comes from'
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from check" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "path" -d 'Prints the path of the user\'s configuration file'
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Prints the configuration in force here'
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Checks the configuration files and names every mistake'
complete -c omoide -n "__fish_omoide_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c omoide -n "__fish_omoide_using_subcommand completions" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand completions" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand completions" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand man" -l dir -d 'Writes all pages into this folder instead' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand man" -l cache-dir -d 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user\'s cache folder]' -r -f -a "(__fish_complete_directories)"
complete -c omoide -n "__fish_omoide_using_subcommand man" -l config -d 'The configuration file [env: OMOIDE_CONFIG]' -r -F
complete -c omoide -n "__fish_omoide_using_subcommand man" -l color -d 'When to use colours (NO_COLOR is honoured)' -r -f -a "auto\t'On terminals'
always\t'Always'
never\t'Never'"
complete -c omoide -n "__fish_omoide_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "run" -d 'Memoizes a command: the same as without a subcommand'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "check" -d 'Tells whether a call would be served from the cache (exit status 0) or not (1)'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "explain" -d 'Shows every part of a call\'s key, its state and why it would be a hit or a miss'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "warm" -d 'Computes and stores in the background; prints nothing'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "refresh" -d 'Recomputes entries now'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "daemon" -d 'The daemon that refreshes entries'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "list" -d 'Lists what is stored'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "show" -d 'Shows one entry, or its output alone'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "forget" -d 'Removes entries'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "stats" -d 'Shows hits, misses, time saved and sizes'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "gc" -d 'Removes what has expired, enforces the limits, frees unreferenced data'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "doctor" -d 'Looks for anything wrong with the cache folder'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "config" -d 'Shows or checks the configuration'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "completions" -d 'Prints the completions for a shell'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "man" -d 'Prints the manual page, or writes all of them into a folder'
complete -c omoide -n "__fish_omoide_using_subcommand help; and not __fish_seen_subcommand_from run check explain warm refresh daemon list show forget stats gc doctor config completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c omoide -n "__fish_omoide_using_subcommand help; and __fish_seen_subcommand_from daemon" -f -a "run" -d 'Is the daemon, in the foreground, until it is told to stop; logs to standard error'
complete -c omoide -n "__fish_omoide_using_subcommand help; and __fish_seen_subcommand_from daemon" -f -a "start" -d 'Starts the daemon in the background; nothing if it runs'
complete -c omoide -n "__fish_omoide_using_subcommand help; and __fish_seen_subcommand_from daemon" -f -a "stop" -d 'Stops the daemon and waits until it is gone; nothing if none runs'
complete -c omoide -n "__fish_omoide_using_subcommand help; and __fish_seen_subcommand_from daemon" -f -a "status" -d 'Shows what is scheduled, running and failing; exit status 1 if no daemon runs'
complete -c omoide -n "__fish_omoide_using_subcommand help; and __fish_seen_subcommand_from daemon" -f -a "install" -d 'Has the user\'s service manager run the daemon: writes units for systemd'
complete -c omoide -n "__fish_omoide_using_subcommand help; and __fish_seen_subcommand_from daemon" -f -a "uninstall" -d 'Removes what install wrote'
complete -c omoide -n "__fish_omoide_using_subcommand help; and __fish_seen_subcommand_from daemon" -f -a "job" -d 'Recomputes one entry: reads the order from standard input, writes the report'
complete -c omoide -n "__fish_omoide_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "path" -d 'Prints the path of the user\'s configuration file'
complete -c omoide -n "__fish_omoide_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Prints the configuration in force here'
complete -c omoide -n "__fish_omoide_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Checks the configuration files and names every mistake'
