
use builtin;
use str;

set edit:completion:arg-completer[omoide] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'omoide'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'omoide'= {
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --env 'Only variables that match (globs, comma-separated) count; '''' for none'
            cand --env-exclude 'Variables that match (globs, comma-separated) don''t count'
            cand --input 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)'
            cand --input-mtime 'The same by modification time and size, without reading (repeatable)'
            cand --scope 'A namespace [env: OMOIDE_SCOPE]'
            cand --program 'How the program is identified'
            cand --tag 'A label to list and forget by (repeatable)'
            cand --ttl 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]'
            cand --idle 'Expires DUR after it was last served'
            cand --on-expired 'What an expired entry still does'
            cand --stale 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]'
            cand --refresh 'The daemon recomputes it whenever it is older than DUR, whoever asks'
            cand --failure-ttl 'Stores failures (non-zero exit status) too, for DUR, beside the last good result'
            cand --max-output 'Larger outputs aren''t stored [default: half of the store''s max_size]'
            cand --timeout 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124'
            cand --any-dir 'The working directory doesn''t count'
            cand --stdin 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)'
            cand --input-args 'Arguments of COMMAND that name existing files are inputs'
            cand --watch 'The daemon recomputes it when an --input changes'
            cand --stale-if-error 'If recomputing fails, serves the last good result, expired or not'
            cand --force 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]'
            cand --cached-only 'Never runs COMMAND; exit status 125 if it isn''t cached'
            cand --no-store 'Looks up and runs as usual, stores nothing'
            cand -v 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
            cand --verbose 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand run 'Memoizes a command: the same as without a subcommand'
            cand check 'Tells whether a call would be served from the cache (exit status 0) or not (1)'
            cand explain 'Shows every part of a call''s key, its state and why it would be a hit or a miss'
            cand warm 'Computes and stores in the background; prints nothing'
            cand refresh 'Recomputes entries now'
            cand daemon 'The daemon that refreshes entries'
            cand list 'Lists what is stored'
            cand show 'Shows one entry, or its output alone'
            cand forget 'Removes entries'
            cand stats 'Shows hits, misses, time saved and sizes'
            cand gc 'Removes what has expired, enforces the limits, frees unreferenced data'
            cand doctor 'Looks for anything wrong with the cache folder'
            cand config 'Shows or checks the configuration'
            cand completions 'Prints the completions for a shell'
            cand man 'Prints the manual page, or writes all of them into a folder'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'omoide;run'= {
            cand --env 'Only variables that match (globs, comma-separated) count; '''' for none'
            cand --env-exclude 'Variables that match (globs, comma-separated) don''t count'
            cand --input 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)'
            cand --input-mtime 'The same by modification time and size, without reading (repeatable)'
            cand --scope 'A namespace [env: OMOIDE_SCOPE]'
            cand --program 'How the program is identified'
            cand --tag 'A label to list and forget by (repeatable)'
            cand --ttl 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]'
            cand --idle 'Expires DUR after it was last served'
            cand --on-expired 'What an expired entry still does'
            cand --stale 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]'
            cand --refresh 'The daemon recomputes it whenever it is older than DUR, whoever asks'
            cand --failure-ttl 'Stores failures (non-zero exit status) too, for DUR, beside the last good result'
            cand --max-output 'Larger outputs aren''t stored [default: half of the store''s max_size]'
            cand --timeout 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124'
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --any-dir 'The working directory doesn''t count'
            cand --stdin 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)'
            cand --input-args 'Arguments of COMMAND that name existing files are inputs'
            cand --watch 'The daemon recomputes it when an --input changes'
            cand --stale-if-error 'If recomputing fails, serves the last good result, expired or not'
            cand --force 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]'
            cand --cached-only 'Never runs COMMAND; exit status 125 if it isn''t cached'
            cand --no-store 'Looks up and runs as usual, stores nothing'
            cand -v 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
            cand --verbose 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;check'= {
            cand --env 'Only variables that match (globs, comma-separated) count; '''' for none'
            cand --env-exclude 'Variables that match (globs, comma-separated) don''t count'
            cand --input 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)'
            cand --input-mtime 'The same by modification time and size, without reading (repeatable)'
            cand --scope 'A namespace [env: OMOIDE_SCOPE]'
            cand --program 'How the program is identified'
            cand --tag 'A label to list and forget by (repeatable)'
            cand --ttl 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]'
            cand --idle 'Expires DUR after it was last served'
            cand --on-expired 'What an expired entry still does'
            cand --stale 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]'
            cand --refresh 'The daemon recomputes it whenever it is older than DUR, whoever asks'
            cand --failure-ttl 'Stores failures (non-zero exit status) too, for DUR, beside the last good result'
            cand --max-output 'Larger outputs aren''t stored [default: half of the store''s max_size]'
            cand --timeout 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124'
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --any-dir 'The working directory doesn''t count'
            cand --stdin 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)'
            cand --input-args 'Arguments of COMMAND that name existing files are inputs'
            cand --watch 'The daemon recomputes it when an --input changes'
            cand --stale-if-error 'If recomputing fails, serves the last good result, expired or not'
            cand --force 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]'
            cand --cached-only 'Never runs COMMAND; exit status 125 if it isn''t cached'
            cand --no-store 'Looks up and runs as usual, stores nothing'
            cand -v 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
            cand --verbose 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
            cand --json 'Prints one JSON object'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;explain'= {
            cand --env 'Only variables that match (globs, comma-separated) count; '''' for none'
            cand --env-exclude 'Variables that match (globs, comma-separated) don''t count'
            cand --input 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)'
            cand --input-mtime 'The same by modification time and size, without reading (repeatable)'
            cand --scope 'A namespace [env: OMOIDE_SCOPE]'
            cand --program 'How the program is identified'
            cand --tag 'A label to list and forget by (repeatable)'
            cand --ttl 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]'
            cand --idle 'Expires DUR after it was last served'
            cand --on-expired 'What an expired entry still does'
            cand --stale 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]'
            cand --refresh 'The daemon recomputes it whenever it is older than DUR, whoever asks'
            cand --failure-ttl 'Stores failures (non-zero exit status) too, for DUR, beside the last good result'
            cand --max-output 'Larger outputs aren''t stored [default: half of the store''s max_size]'
            cand --timeout 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124'
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --any-dir 'The working directory doesn''t count'
            cand --stdin 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)'
            cand --input-args 'Arguments of COMMAND that name existing files are inputs'
            cand --watch 'The daemon recomputes it when an --input changes'
            cand --stale-if-error 'If recomputing fails, serves the last good result, expired or not'
            cand --force 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]'
            cand --cached-only 'Never runs COMMAND; exit status 125 if it isn''t cached'
            cand --no-store 'Looks up and runs as usual, stores nothing'
            cand -v 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
            cand --verbose 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
            cand --json 'Prints one JSON object'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;warm'= {
            cand --env 'Only variables that match (globs, comma-separated) count; '''' for none'
            cand --env-exclude 'Variables that match (globs, comma-separated) don''t count'
            cand --input 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)'
            cand --input-mtime 'The same by modification time and size, without reading (repeatable)'
            cand --scope 'A namespace [env: OMOIDE_SCOPE]'
            cand --program 'How the program is identified'
            cand --tag 'A label to list and forget by (repeatable)'
            cand --ttl 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]'
            cand --idle 'Expires DUR after it was last served'
            cand --on-expired 'What an expired entry still does'
            cand --stale 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]'
            cand --refresh 'The daemon recomputes it whenever it is older than DUR, whoever asks'
            cand --failure-ttl 'Stores failures (non-zero exit status) too, for DUR, beside the last good result'
            cand --max-output 'Larger outputs aren''t stored [default: half of the store''s max_size]'
            cand --timeout 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124'
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --wait 'Returns when the result is stored; exit status 1 if it couldn''t be'
            cand --any-dir 'The working directory doesn''t count'
            cand --stdin 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)'
            cand --input-args 'Arguments of COMMAND that name existing files are inputs'
            cand --watch 'The daemon recomputes it when an --input changes'
            cand --stale-if-error 'If recomputing fails, serves the last good result, expired or not'
            cand --force 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]'
            cand --cached-only 'Never runs COMMAND; exit status 125 if it isn''t cached'
            cand --no-store 'Looks up and runs as usual, stores nothing'
            cand -v 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
            cand --verbose 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;refresh'= {
            cand --env 'Only variables that match (globs, comma-separated) count; '''' for none'
            cand --env-exclude 'Variables that match (globs, comma-separated) don''t count'
            cand --input 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)'
            cand --input-mtime 'The same by modification time and size, without reading (repeatable)'
            cand --scope 'A namespace [env: OMOIDE_SCOPE]'
            cand --program 'How the program is identified'
            cand --tag 'A label to list and forget by (repeatable)'
            cand --ttl 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]'
            cand --idle 'Expires DUR after it was last served'
            cand --on-expired 'What an expired entry still does'
            cand --stale 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]'
            cand --refresh 'The daemon recomputes it whenever it is older than DUR, whoever asks'
            cand --failure-ttl 'Stores failures (non-zero exit status) too, for DUR, beside the last good result'
            cand --max-output 'Larger outputs aren''t stored [default: half of the store''s max_size]'
            cand --timeout 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124'
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --all 'All of them'
            cand --any-dir 'The working directory doesn''t count'
            cand --stdin 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)'
            cand --input-args 'Arguments of COMMAND that name existing files are inputs'
            cand --watch 'The daemon recomputes it when an --input changes'
            cand --stale-if-error 'If recomputing fails, serves the last good result, expired or not'
            cand --force 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]'
            cand --cached-only 'Never runs COMMAND; exit status 125 if it isn''t cached'
            cand --no-store 'Looks up and runs as usual, stores nothing'
            cand -v 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
            cand --verbose 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;daemon'= {
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand run 'Is the daemon, in the foreground, until it is told to stop; logs to standard error'
            cand start 'Starts the daemon in the background; nothing if it runs'
            cand stop 'Stops the daemon and waits until it is gone; nothing if none runs'
            cand status 'Shows what is scheduled, running and failing; exit status 1 if no daemon runs'
            cand install 'Has the user''s service manager run the daemon: writes units for systemd'
            cand uninstall 'Removes what install wrote'
            cand job 'Recomputes one entry: reads the order from standard input, writes the report'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'omoide;daemon;run'= {
            cand --period 'Looks every DUR for what is due, instead of waking exactly then'
            cand --jobs 'Recomputes so many entries at once [default: as many as there are processors]'
            cand --idle-exit 'Leaves when there has been nothing to do for DUR'
            cand --log 'How much is logged: off, error, warn, info, debug or trace [env: OMOIDE_LOG] [default: info]'
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --detached 'Was started by `daemon start`'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;daemon;start'= {
            cand --period 'Looks every DUR for what is due, instead of waking exactly then'
            cand --jobs 'Recomputes so many entries at once [default: as many as there are processors]'
            cand --idle-exit 'Leaves when there has been nothing to do for DUR'
            cand --log 'How much is logged: off, error, warn, info, debug or trace [env: OMOIDE_LOG] [default: info]'
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;daemon;stop'= {
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;daemon;status'= {
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --json 'Prints one JSON object'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;daemon;install'= {
            cand --for 'The service manager [default: that of this system]'
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --print 'Shows what would be written or removed, and changes nothing'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;daemon;uninstall'= {
            cand --for 'The service manager [default: that of this system]'
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --print 'Shows what would be written or removed, and changes nothing'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;daemon;job'= {
            cand --timeout 'Ends the command after DUR'
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;daemon;help'= {
            cand run 'Is the daemon, in the foreground, until it is told to stop; logs to standard error'
            cand start 'Starts the daemon in the background; nothing if it runs'
            cand stop 'Stops the daemon and waits until it is gone; nothing if none runs'
            cand status 'Shows what is scheduled, running and failing; exit status 1 if no daemon runs'
            cand install 'Has the user''s service manager run the daemon: writes units for systemd'
            cand uninstall 'Removes what install wrote'
            cand job 'Recomputes one entry: reads the order from standard input, writes the report'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'omoide;daemon;help;run'= {
        }
        &'omoide;daemon;help;start'= {
        }
        &'omoide;daemon;help;stop'= {
        }
        &'omoide;daemon;help;status'= {
        }
        &'omoide;daemon;help;install'= {
        }
        &'omoide;daemon;help;uninstall'= {
        }
        &'omoide;daemon;help;job'= {
        }
        &'omoide;daemon;help;help'= {
        }
        &'omoide;list'= {
            cand --tag 'Only entries with this label'
            cand --program 'Only entries of this program (a path or a file name)'
            cand --state 'Only entries in this state'
            cand --sort 'What to sort by; the newest, largest or most first'
            cand --limit 'At most so many'
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --json 'Prints one JSON object'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;show'= {
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --failure 'Shows the failure that is stored beside the good result'
            cand --stdout 'Prints its standard output alone'
            cand --stderr 'Prints its standard error alone'
            cand --json 'Prints one JSON object'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;forget'= {
            cand --tag 'Those with this label; with a command, the label of its call'
            cand --program 'Those of this program (a path or a file name); with a command, how it is identified'
            cand --older-than 'Those computed longer ago than DUR'
            cand --env 'Only variables that match (globs, comma-separated) count; '''' for none'
            cand --env-exclude 'Variables that match (globs, comma-separated) don''t count'
            cand --input 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)'
            cand --input-mtime 'The same by modification time and size, without reading (repeatable)'
            cand --scope 'A namespace [env: OMOIDE_SCOPE]'
            cand --ttl 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]'
            cand --idle 'Expires DUR after it was last served'
            cand --on-expired 'What an expired entry still does'
            cand --stale 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]'
            cand --refresh 'The daemon recomputes it whenever it is older than DUR, whoever asks'
            cand --failure-ttl 'Stores failures (non-zero exit status) too, for DUR, beside the last good result'
            cand --max-output 'Larger outputs aren''t stored [default: half of the store''s max_size]'
            cand --timeout 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124'
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --expired 'Those whose time is over'
            cand --all 'All of them'
            cand --any-dir 'The working directory doesn''t count'
            cand --stdin 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)'
            cand --input-args 'Arguments of COMMAND that name existing files are inputs'
            cand --watch 'The daemon recomputes it when an --input changes'
            cand --stale-if-error 'If recomputing fails, serves the last good result, expired or not'
            cand --force 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]'
            cand --cached-only 'Never runs COMMAND; exit status 125 if it isn''t cached'
            cand --no-store 'Looks up and runs as usual, stores nothing'
            cand -v 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
            cand --verbose 'Says on standard error whether it was a hit or a miss, how old, and the time saved'
            cand --dry-run 'Only says what would be removed'
            cand --json 'Prints one JSON object'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;stats'= {
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --json 'Prints one JSON object'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;gc'= {
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --json 'Prints one JSON object'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;doctor'= {
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --repair 'Mends what can be mended'
            cand --json 'Prints one JSON object'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;config'= {
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand path 'Prints the path of the user''s configuration file'
            cand show 'Prints the configuration in force here'
            cand check 'Checks the configuration files and names every mistake'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'omoide;config;path'= {
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;config;show'= {
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand --origin 'Says where each value comes from'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;config;check'= {
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;config;help'= {
            cand path 'Prints the path of the user''s configuration file'
            cand show 'Prints the configuration in force here'
            cand check 'Checks the configuration files and names every mistake'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'omoide;config;help;path'= {
        }
        &'omoide;config;help;show'= {
        }
        &'omoide;config;help;check'= {
        }
        &'omoide;config;help;help'= {
        }
        &'omoide;completions'= {
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;man'= {
            cand --dir 'Writes all pages into this folder instead'
            cand --cache-dir 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]'
            cand --config 'The configuration file [env: OMOIDE_CONFIG]'
            cand --color 'When to use colours (NO_COLOR is honoured)'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'omoide;help'= {
            cand run 'Memoizes a command: the same as without a subcommand'
            cand check 'Tells whether a call would be served from the cache (exit status 0) or not (1)'
            cand explain 'Shows every part of a call''s key, its state and why it would be a hit or a miss'
            cand warm 'Computes and stores in the background; prints nothing'
            cand refresh 'Recomputes entries now'
            cand daemon 'The daemon that refreshes entries'
            cand list 'Lists what is stored'
            cand show 'Shows one entry, or its output alone'
            cand forget 'Removes entries'
            cand stats 'Shows hits, misses, time saved and sizes'
            cand gc 'Removes what has expired, enforces the limits, frees unreferenced data'
            cand doctor 'Looks for anything wrong with the cache folder'
            cand config 'Shows or checks the configuration'
            cand completions 'Prints the completions for a shell'
            cand man 'Prints the manual page, or writes all of them into a folder'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'omoide;help;run'= {
        }
        &'omoide;help;check'= {
        }
        &'omoide;help;explain'= {
        }
        &'omoide;help;warm'= {
        }
        &'omoide;help;refresh'= {
        }
        &'omoide;help;daemon'= {
            cand run 'Is the daemon, in the foreground, until it is told to stop; logs to standard error'
            cand start 'Starts the daemon in the background; nothing if it runs'
            cand stop 'Stops the daemon and waits until it is gone; nothing if none runs'
            cand status 'Shows what is scheduled, running and failing; exit status 1 if no daemon runs'
            cand install 'Has the user''s service manager run the daemon: writes units for systemd'
            cand uninstall 'Removes what install wrote'
            cand job 'Recomputes one entry: reads the order from standard input, writes the report'
        }
        &'omoide;help;daemon;run'= {
        }
        &'omoide;help;daemon;start'= {
        }
        &'omoide;help;daemon;stop'= {
        }
        &'omoide;help;daemon;status'= {
        }
        &'omoide;help;daemon;install'= {
        }
        &'omoide;help;daemon;uninstall'= {
        }
        &'omoide;help;daemon;job'= {
        }
        &'omoide;help;list'= {
        }
        &'omoide;help;show'= {
        }
        &'omoide;help;forget'= {
        }
        &'omoide;help;stats'= {
        }
        &'omoide;help;gc'= {
        }
        &'omoide;help;doctor'= {
        }
        &'omoide;help;config'= {
            cand path 'Prints the path of the user''s configuration file'
            cand show 'Prints the configuration in force here'
            cand check 'Checks the configuration files and names every mistake'
        }
        &'omoide;help;config;path'= {
        }
        &'omoide;help;config;show'= {
        }
        &'omoide;help;config;check'= {
        }
        &'omoide;help;completions'= {
        }
        &'omoide;help;man'= {
        }
        &'omoide;help;help'= {
        }
    ]
    $completions[$command]
}
