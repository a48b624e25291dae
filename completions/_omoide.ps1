
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'omoide' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'omoide'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'omoide' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Only variables that match (globs, comma-separated) count; '''' for none')
            [CompletionResult]::new('--env-exclude', '--env-exclude', [CompletionResultType]::ParameterName, 'Variables that match (globs, comma-separated) don''t count')
            [CompletionResult]::new('--input', '--input', [CompletionResultType]::ParameterName, 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)')
            [CompletionResult]::new('--input-mtime', '--input-mtime', [CompletionResultType]::ParameterName, 'The same by modification time and size, without reading (repeatable)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'A namespace [env: OMOIDE_SCOPE]')
            [CompletionResult]::new('--program', '--program', [CompletionResultType]::ParameterName, 'How the program is identified')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'A label to list and forget by (repeatable)')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]')
            [CompletionResult]::new('--idle', '--idle', [CompletionResultType]::ParameterName, 'Expires DUR after it was last served')
            [CompletionResult]::new('--on-expired', '--on-expired', [CompletionResultType]::ParameterName, 'What an expired entry still does')
            [CompletionResult]::new('--stale', '--stale', [CompletionResultType]::ParameterName, 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'The daemon recomputes it whenever it is older than DUR, whoever asks')
            [CompletionResult]::new('--failure-ttl', '--failure-ttl', [CompletionResultType]::ParameterName, 'Stores failures (non-zero exit status) too, for DUR, beside the last good result')
            [CompletionResult]::new('--max-output', '--max-output', [CompletionResultType]::ParameterName, 'Larger outputs aren''t stored [default: half of the store''s max_size]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124')
            [CompletionResult]::new('--any-dir', '--any-dir', [CompletionResultType]::ParameterName, 'The working directory doesn''t count')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)')
            [CompletionResult]::new('--input-args', '--input-args', [CompletionResultType]::ParameterName, 'Arguments of COMMAND that name existing files are inputs')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'The daemon recomputes it when an --input changes')
            [CompletionResult]::new('--stale-if-error', '--stale-if-error', [CompletionResultType]::ParameterName, 'If recomputing fails, serves the last good result, expired or not')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]')
            [CompletionResult]::new('--cached-only', '--cached-only', [CompletionResultType]::ParameterName, 'Never runs COMMAND; exit status 125 if it isn''t cached')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Looks up and runs as usual, stores nothing')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Says on standard error whether it was a hit or a miss, how old, and the time saved')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Says on standard error whether it was a hit or a miss, how old, and the time saved')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Memoizes a command: the same as without a subcommand')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Tells whether a call would be served from the cache (exit status 0) or not (1)')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Shows every part of a call''s key, its state and why it would be a hit or a miss')
            [CompletionResult]::new('warm', 'warm', [CompletionResultType]::ParameterValue, 'Computes and stores in the background; prints nothing')
            [CompletionResult]::new('refresh', 'refresh', [CompletionResultType]::ParameterValue, 'Recomputes entries now')
            [CompletionResult]::new('daemon', 'daemon', [CompletionResultType]::ParameterValue, 'The daemon that refreshes entries')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Lists what is stored')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Shows one entry, or its output alone')
            [CompletionResult]::new('forget', 'forget', [CompletionResultType]::ParameterValue, 'Removes entries')
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Shows hits, misses, time saved and sizes')
            [CompletionResult]::new('gc', 'gc', [CompletionResultType]::ParameterValue, 'Removes what has expired, enforces the limits, frees unreferenced data')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Looks for anything wrong with the cache folder')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Shows or checks the configuration')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Prints the completions for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Prints the manual page, or writes all of them into a folder')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'omoide;run' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Only variables that match (globs, comma-separated) count; '''' for none')
            [CompletionResult]::new('--env-exclude', '--env-exclude', [CompletionResultType]::ParameterName, 'Variables that match (globs, comma-separated) don''t count')
            [CompletionResult]::new('--input', '--input', [CompletionResultType]::ParameterName, 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)')
            [CompletionResult]::new('--input-mtime', '--input-mtime', [CompletionResultType]::ParameterName, 'The same by modification time and size, without reading (repeatable)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'A namespace [env: OMOIDE_SCOPE]')
            [CompletionResult]::new('--program', '--program', [CompletionResultType]::ParameterName, 'How the program is identified')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'A label to list and forget by (repeatable)')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]')
            [CompletionResult]::new('--idle', '--idle', [CompletionResultType]::ParameterName, 'Expires DUR after it was last served')
            [CompletionResult]::new('--on-expired', '--on-expired', [CompletionResultType]::ParameterName, 'What an expired entry still does')
            [CompletionResult]::new('--stale', '--stale', [CompletionResultType]::ParameterName, 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'The daemon recomputes it whenever it is older than DUR, whoever asks')
            [CompletionResult]::new('--failure-ttl', '--failure-ttl', [CompletionResultType]::ParameterName, 'Stores failures (non-zero exit status) too, for DUR, beside the last good result')
            [CompletionResult]::new('--max-output', '--max-output', [CompletionResultType]::ParameterName, 'Larger outputs aren''t stored [default: half of the store''s max_size]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--any-dir', '--any-dir', [CompletionResultType]::ParameterName, 'The working directory doesn''t count')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)')
            [CompletionResult]::new('--input-args', '--input-args', [CompletionResultType]::ParameterName, 'Arguments of COMMAND that name existing files are inputs')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'The daemon recomputes it when an --input changes')
            [CompletionResult]::new('--stale-if-error', '--stale-if-error', [CompletionResultType]::ParameterName, 'If recomputing fails, serves the last good result, expired or not')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]')
            [CompletionResult]::new('--cached-only', '--cached-only', [CompletionResultType]::ParameterName, 'Never runs COMMAND; exit status 125 if it isn''t cached')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Looks up and runs as usual, stores nothing')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Says on standard error whether it was a hit or a miss, how old, and the time saved')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Says on standard error whether it was a hit or a miss, how old, and the time saved')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;check' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Only variables that match (globs, comma-separated) count; '''' for none')
            [CompletionResult]::new('--env-exclude', '--env-exclude', [CompletionResultType]::ParameterName, 'Variables that match (globs, comma-separated) don''t count')
            [CompletionResult]::new('--input', '--input', [CompletionResultType]::ParameterName, 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)')
            [CompletionResult]::new('--input-mtime', '--input-mtime', [CompletionResultType]::ParameterName, 'The same by modification time and size, without reading (repeatable)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'A namespace [env: OMOIDE_SCOPE]')
            [CompletionResult]::new('--program', '--program', [CompletionResultType]::ParameterName, 'How the program is identified')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'A label to list and forget by (repeatable)')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]')
            [CompletionResult]::new('--idle', '--idle', [CompletionResultType]::ParameterName, 'Expires DUR after it was last served')
            [CompletionResult]::new('--on-expired', '--on-expired', [CompletionResultType]::ParameterName, 'What an expired entry still does')
            [CompletionResult]::new('--stale', '--stale', [CompletionResultType]::ParameterName, 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'The daemon recomputes it whenever it is older than DUR, whoever asks')
            [CompletionResult]::new('--failure-ttl', '--failure-ttl', [CompletionResultType]::ParameterName, 'Stores failures (non-zero exit status) too, for DUR, beside the last good result')
            [CompletionResult]::new('--max-output', '--max-output', [CompletionResultType]::ParameterName, 'Larger outputs aren''t stored [default: half of the store''s max_size]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--any-dir', '--any-dir', [CompletionResultType]::ParameterName, 'The working directory doesn''t count')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)')
            [CompletionResult]::new('--input-args', '--input-args', [CompletionResultType]::ParameterName, 'Arguments of COMMAND that name existing files are inputs')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'The daemon recomputes it when an --input changes')
            [CompletionResult]::new('--stale-if-error', '--stale-if-error', [CompletionResultType]::ParameterName, 'If recomputing fails, serves the last good result, expired or not')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]')
            [CompletionResult]::new('--cached-only', '--cached-only', [CompletionResultType]::ParameterName, 'Never runs COMMAND; exit status 125 if it isn''t cached')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Looks up and runs as usual, stores nothing')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Says on standard error whether it was a hit or a miss, how old, and the time saved')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Says on standard error whether it was a hit or a miss, how old, and the time saved')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Prints one JSON object')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;explain' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Only variables that match (globs, comma-separated) count; '''' for none')
            [CompletionResult]::new('--env-exclude', '--env-exclude', [CompletionResultType]::ParameterName, 'Variables that match (globs, comma-separated) don''t count')
            [CompletionResult]::new('--input', '--input', [CompletionResultType]::ParameterName, 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)')
            [CompletionResult]::new('--input-mtime', '--input-mtime', [CompletionResultType]::ParameterName, 'The same by modification time and size, without reading (repeatable)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'A namespace [env: OMOIDE_SCOPE]')
            [CompletionResult]::new('--program', '--program', [CompletionResultType]::ParameterName, 'How the program is identified')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'A label to list and forget by (repeatable)')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]')
            [CompletionResult]::new('--idle', '--idle', [CompletionResultType]::ParameterName, 'Expires DUR after it was last served')
            [CompletionResult]::new('--on-expired', '--on-expired', [CompletionResultType]::ParameterName, 'What an expired entry still does')
            [CompletionResult]::new('--stale', '--stale', [CompletionResultType]::ParameterName, 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'The daemon recomputes it whenever it is older than DUR, whoever asks')
            [CompletionResult]::new('--failure-ttl', '--failure-ttl', [CompletionResultType]::ParameterName, 'Stores failures (non-zero exit status) too, for DUR, beside the last good result')
            [CompletionResult]::new('--max-output', '--max-output', [CompletionResultType]::ParameterName, 'Larger outputs aren''t stored [default: half of the store''s max_size]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--any-dir', '--any-dir', [CompletionResultType]::ParameterName, 'The working directory doesn''t count')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)')
            [CompletionResult]::new('--input-args', '--input-args', [CompletionResultType]::ParameterName, 'Arguments of COMMAND that name existing files are inputs')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'The daemon recomputes it when an --input changes')
            [CompletionResult]::new('--stale-if-error', '--stale-if-error', [CompletionResultType]::ParameterName, 'If recomputing fails, serves the last good result, expired or not')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]')
            [CompletionResult]::new('--cached-only', '--cached-only', [CompletionResultType]::ParameterName, 'Never runs COMMAND; exit status 125 if it isn''t cached')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Looks up and runs as usual, stores nothing')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Says on standard error whether it was a hit or a miss, how old, and the time saved')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Says on standard error whether it was a hit or a miss, how old, and the time saved')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Prints one JSON object')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;warm' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Only variables that match (globs, comma-separated) count; '''' for none')
            [CompletionResult]::new('--env-exclude', '--env-exclude', [CompletionResultType]::ParameterName, 'Variables that match (globs, comma-separated) don''t count')
            [CompletionResult]::new('--input', '--input', [CompletionResultType]::ParameterName, 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)')
            [CompletionResult]::new('--input-mtime', '--input-mtime', [CompletionResultType]::ParameterName, 'The same by modification time and size, without reading (repeatable)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'A namespace [env: OMOIDE_SCOPE]')
            [CompletionResult]::new('--program', '--program', [CompletionResultType]::ParameterName, 'How the program is identified')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'A label to list and forget by (repeatable)')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]')
            [CompletionResult]::new('--idle', '--idle', [CompletionResultType]::ParameterName, 'Expires DUR after it was last served')
            [CompletionResult]::new('--on-expired', '--on-expired', [CompletionResultType]::ParameterName, 'What an expired entry still does')
            [CompletionResult]::new('--stale', '--stale', [CompletionResultType]::ParameterName, 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'The daemon recomputes it whenever it is older than DUR, whoever asks')
            [CompletionResult]::new('--failure-ttl', '--failure-ttl', [CompletionResultType]::ParameterName, 'Stores failures (non-zero exit status) too, for DUR, beside the last good result')
            [CompletionResult]::new('--max-output', '--max-output', [CompletionResultType]::ParameterName, 'Larger outputs aren''t stored [default: half of the store''s max_size]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Returns when the result is stored; exit status 1 if it couldn''t be')
            [CompletionResult]::new('--any-dir', '--any-dir', [CompletionResultType]::ParameterName, 'The working directory doesn''t count')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)')
            [CompletionResult]::new('--input-args', '--input-args', [CompletionResultType]::ParameterName, 'Arguments of COMMAND that name existing files are inputs')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'The daemon recomputes it when an --input changes')
            [CompletionResult]::new('--stale-if-error', '--stale-if-error', [CompletionResultType]::ParameterName, 'If recomputing fails, serves the last good result, expired or not')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]')
            [CompletionResult]::new('--cached-only', '--cached-only', [CompletionResultType]::ParameterName, 'Never runs COMMAND; exit status 125 if it isn''t cached')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Looks up and runs as usual, stores nothing')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Says on standard error whether it was a hit or a miss, how old, and the time saved')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Says on standard error whether it was a hit or a miss, how old, and the time saved')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;refresh' {
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Only variables that match (globs, comma-separated) count; '''' for none')
            [CompletionResult]::new('--env-exclude', '--env-exclude', [CompletionResultType]::ParameterName, 'Variables that match (globs, comma-separated) don''t count')
            [CompletionResult]::new('--input', '--input', [CompletionResultType]::ParameterName, 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)')
            [CompletionResult]::new('--input-mtime', '--input-mtime', [CompletionResultType]::ParameterName, 'The same by modification time and size, without reading (repeatable)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'A namespace [env: OMOIDE_SCOPE]')
            [CompletionResult]::new('--program', '--program', [CompletionResultType]::ParameterName, 'How the program is identified')
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'A label to list and forget by (repeatable)')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]')
            [CompletionResult]::new('--idle', '--idle', [CompletionResultType]::ParameterName, 'Expires DUR after it was last served')
            [CompletionResult]::new('--on-expired', '--on-expired', [CompletionResultType]::ParameterName, 'What an expired entry still does')
            [CompletionResult]::new('--stale', '--stale', [CompletionResultType]::ParameterName, 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'The daemon recomputes it whenever it is older than DUR, whoever asks')
            [CompletionResult]::new('--failure-ttl', '--failure-ttl', [CompletionResultType]::ParameterName, 'Stores failures (non-zero exit status) too, for DUR, beside the last good result')
            [CompletionResult]::new('--max-output', '--max-output', [CompletionResultType]::ParameterName, 'Larger outputs aren''t stored [default: half of the store''s max_size]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All of them')
            [CompletionResult]::new('--any-dir', '--any-dir', [CompletionResultType]::ParameterName, 'The working directory doesn''t count')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)')
            [CompletionResult]::new('--input-args', '--input-args', [CompletionResultType]::ParameterName, 'Arguments of COMMAND that name existing files are inputs')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'The daemon recomputes it when an --input changes')
            [CompletionResult]::new('--stale-if-error', '--stale-if-error', [CompletionResultType]::ParameterName, 'If recomputing fails, serves the last good result, expired or not')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]')
            [CompletionResult]::new('--cached-only', '--cached-only', [CompletionResultType]::ParameterName, 'Never runs COMMAND; exit status 125 if it isn''t cached')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Looks up and runs as usual, stores nothing')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Says on standard error whether it was a hit or a miss, how old, and the time saved')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Says on standard error whether it was a hit or a miss, how old, and the time saved')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;daemon' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Is the daemon, in the foreground, until it is told to stop; logs to standard error')
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Starts the daemon in the background; nothing if it runs')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stops the daemon and waits until it is gone; nothing if none runs')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Shows what is scheduled, running and failing; exit status 1 if no daemon runs')
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Has the user''s service manager run the daemon: writes units for systemd')
            [CompletionResult]::new('uninstall', 'uninstall', [CompletionResultType]::ParameterValue, 'Removes what install wrote')
            [CompletionResult]::new('job', 'job', [CompletionResultType]::ParameterValue, 'Recomputes one entry: reads the order from standard input, writes the report')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'omoide;daemon;run' {
            [CompletionResult]::new('--period', '--period', [CompletionResultType]::ParameterName, 'Looks every DUR for what is due, instead of waking exactly then')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Recomputes so many entries at once [default: as many as there are processors]')
            [CompletionResult]::new('--idle-exit', '--idle-exit', [CompletionResultType]::ParameterName, 'Leaves when there has been nothing to do for DUR')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'How much is logged: off, error, warn, info, debug or trace [env: OMOIDE_LOG] [default: info]')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--detached', '--detached', [CompletionResultType]::ParameterName, 'Was started by `daemon start`')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;daemon;start' {
            [CompletionResult]::new('--period', '--period', [CompletionResultType]::ParameterName, 'Looks every DUR for what is due, instead of waking exactly then')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Recomputes so many entries at once [default: as many as there are processors]')
            [CompletionResult]::new('--idle-exit', '--idle-exit', [CompletionResultType]::ParameterName, 'Leaves when there has been nothing to do for DUR')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'How much is logged: off, error, warn, info, debug or trace [env: OMOIDE_LOG] [default: info]')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;daemon;stop' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;daemon;status' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Prints one JSON object')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;daemon;install' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'The service manager [default: that of this system]')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Shows what would be written or removed, and changes nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;daemon;uninstall' {
            [CompletionResult]::new('--for', '--for', [CompletionResultType]::ParameterName, 'The service manager [default: that of this system]')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--print', '--print', [CompletionResultType]::ParameterName, 'Shows what would be written or removed, and changes nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;daemon;job' {
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Ends the command after DUR')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;daemon;help' {
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Is the daemon, in the foreground, until it is told to stop; logs to standard error')
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Starts the daemon in the background; nothing if it runs')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stops the daemon and waits until it is gone; nothing if none runs')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Shows what is scheduled, running and failing; exit status 1 if no daemon runs')
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Has the user''s service manager run the daemon: writes units for systemd')
            [CompletionResult]::new('uninstall', 'uninstall', [CompletionResultType]::ParameterValue, 'Removes what install wrote')
            [CompletionResult]::new('job', 'job', [CompletionResultType]::ParameterValue, 'Recomputes one entry: reads the order from standard input, writes the report')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'omoide;daemon;help;run' {
            break
        }
        'omoide;daemon;help;start' {
            break
        }
        'omoide;daemon;help;stop' {
            break
        }
        'omoide;daemon;help;status' {
            break
        }
        'omoide;daemon;help;install' {
            break
        }
        'omoide;daemon;help;uninstall' {
            break
        }
        'omoide;daemon;help;job' {
            break
        }
        'omoide;daemon;help;help' {
            break
        }
        'omoide;list' {
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Only entries with this label')
            [CompletionResult]::new('--program', '--program', [CompletionResultType]::ParameterName, 'Only entries of this program (a path or a file name)')
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Only entries in this state')
            [CompletionResult]::new('--sort', '--sort', [CompletionResultType]::ParameterName, 'What to sort by; the newest, largest or most first')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most so many')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Prints one JSON object')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;show' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--failure', '--failure', [CompletionResultType]::ParameterName, 'Shows the failure that is stored beside the good result')
            [CompletionResult]::new('--stdout', '--stdout', [CompletionResultType]::ParameterName, 'Prints its standard output alone')
            [CompletionResult]::new('--stderr', '--stderr', [CompletionResultType]::ParameterName, 'Prints its standard error alone')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Prints one JSON object')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;forget' {
            [CompletionResult]::new('--tag', '--tag', [CompletionResultType]::ParameterName, 'Those with this label; with a command, the label of its call')
            [CompletionResult]::new('--program', '--program', [CompletionResultType]::ParameterName, 'Those of this program (a path or a file name); with a command, how it is identified')
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Those computed longer ago than DUR')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Only variables that match (globs, comma-separated) count; '''' for none')
            [CompletionResult]::new('--env-exclude', '--env-exclude', [CompletionResultType]::ParameterName, 'Variables that match (globs, comma-separated) don''t count')
            [CompletionResult]::new('--input', '--input', [CompletionResultType]::ParameterName, 'The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern matches counts (repeatable)')
            [CompletionResult]::new('--input-mtime', '--input-mtime', [CompletionResultType]::ParameterName, 'The same by modification time and size, without reading (repeatable)')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'A namespace [env: OMOIDE_SCOPE]')
            [CompletionResult]::new('--ttl', '--ttl', [CompletionResultType]::ParameterName, 'Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]')
            [CompletionResult]::new('--idle', '--idle', [CompletionResultType]::ParameterName, 'Expires DUR after it was last served')
            [CompletionResult]::new('--on-expired', '--on-expired', [CompletionResultType]::ParameterName, 'What an expired entry still does')
            [CompletionResult]::new('--stale', '--stale', [CompletionResultType]::ParameterName, 'Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]')
            [CompletionResult]::new('--refresh', '--refresh', [CompletionResultType]::ParameterName, 'The daemon recomputes it whenever it is older than DUR, whoever asks')
            [CompletionResult]::new('--failure-ttl', '--failure-ttl', [CompletionResultType]::ParameterName, 'Stores failures (non-zero exit status) too, for DUR, beside the last good result')
            [CompletionResult]::new('--max-output', '--max-output', [CompletionResultType]::ParameterName, 'Larger outputs aren''t stored [default: half of the store''s max_size]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--expired', '--expired', [CompletionResultType]::ParameterName, 'Those whose time is over')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All of them')
            [CompletionResult]::new('--any-dir', '--any-dir', [CompletionResultType]::ParameterName, 'The working directory doesn''t count')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)')
            [CompletionResult]::new('--input-args', '--input-args', [CompletionResultType]::ParameterName, 'Arguments of COMMAND that name existing files are inputs')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'The daemon recomputes it when an --input changes')
            [CompletionResult]::new('--stale-if-error', '--stale-if-error', [CompletionResultType]::ParameterName, 'If recomputing fails, serves the last good result, expired or not')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]')
            [CompletionResult]::new('--cached-only', '--cached-only', [CompletionResultType]::ParameterName, 'Never runs COMMAND; exit status 125 if it isn''t cached')
            [CompletionResult]::new('--no-store', '--no-store', [CompletionResultType]::ParameterName, 'Looks up and runs as usual, stores nothing')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Says on standard error whether it was a hit or a miss, how old, and the time saved')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Says on standard error whether it was a hit or a miss, how old, and the time saved')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only says what would be removed')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Prints one JSON object')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;stats' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Prints one JSON object')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;gc' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Prints one JSON object')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;doctor' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--repair', '--repair', [CompletionResultType]::ParameterName, 'Mends what can be mended')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Prints one JSON object')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;config' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Prints the path of the user''s configuration file')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Prints the configuration in force here')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Checks the configuration files and names every mistake')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'omoide;config;path' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;config;show' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('--origin', '--origin', [CompletionResultType]::ParameterName, 'Says where each value comes from')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;config;check' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;config;help' {
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Prints the path of the user''s configuration file')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Prints the configuration in force here')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Checks the configuration files and names every mistake')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'omoide;config;help;path' {
            break
        }
        'omoide;config;help;show' {
            break
        }
        'omoide;config;help;check' {
            break
        }
        'omoide;config;help;help' {
            break
        }
        'omoide;completions' {
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;man' {
            [CompletionResult]::new('--dir', '--dir', [CompletionResultType]::ParameterName, 'Writes all pages into this folder instead')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user''s cache folder]')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'The configuration file [env: OMOIDE_CONFIG]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colours (NO_COLOR is honoured)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'omoide;help' {
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Memoizes a command: the same as without a subcommand')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Tells whether a call would be served from the cache (exit status 0) or not (1)')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Shows every part of a call''s key, its state and why it would be a hit or a miss')
            [CompletionResult]::new('warm', 'warm', [CompletionResultType]::ParameterValue, 'Computes and stores in the background; prints nothing')
            [CompletionResult]::new('refresh', 'refresh', [CompletionResultType]::ParameterValue, 'Recomputes entries now')
            [CompletionResult]::new('daemon', 'daemon', [CompletionResultType]::ParameterValue, 'The daemon that refreshes entries')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Lists what is stored')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Shows one entry, or its output alone')
            [CompletionResult]::new('forget', 'forget', [CompletionResultType]::ParameterValue, 'Removes entries')
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Shows hits, misses, time saved and sizes')
            [CompletionResult]::new('gc', 'gc', [CompletionResultType]::ParameterValue, 'Removes what has expired, enforces the limits, frees unreferenced data')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Looks for anything wrong with the cache folder')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Shows or checks the configuration')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Prints the completions for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Prints the manual page, or writes all of them into a folder')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'omoide;help;run' {
            break
        }
        'omoide;help;check' {
            break
        }
        'omoide;help;explain' {
            break
        }
        'omoide;help;warm' {
            break
        }
        'omoide;help;refresh' {
            break
        }
        'omoide;help;daemon' {
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Is the daemon, in the foreground, until it is told to stop; logs to standard error')
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Starts the daemon in the background; nothing if it runs')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'Stops the daemon and waits until it is gone; nothing if none runs')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Shows what is scheduled, running and failing; exit status 1 if no daemon runs')
            [CompletionResult]::new('install', 'install', [CompletionResultType]::ParameterValue, 'Has the user''s service manager run the daemon: writes units for systemd')
            [CompletionResult]::new('uninstall', 'uninstall', [CompletionResultType]::ParameterValue, 'Removes what install wrote')
            [CompletionResult]::new('job', 'job', [CompletionResultType]::ParameterValue, 'Recomputes one entry: reads the order from standard input, writes the report')
            break
        }
        'omoide;help;daemon;run' {
            break
        }
        'omoide;help;daemon;start' {
            break
        }
        'omoide;help;daemon;stop' {
            break
        }
        'omoide;help;daemon;status' {
            break
        }
        'omoide;help;daemon;install' {
            break
        }
        'omoide;help;daemon;uninstall' {
            break
        }
        'omoide;help;daemon;job' {
            break
        }
        'omoide;help;list' {
            break
        }
        'omoide;help;show' {
            break
        }
        'omoide;help;forget' {
            break
        }
        'omoide;help;stats' {
            break
        }
        'omoide;help;gc' {
            break
        }
        'omoide;help;doctor' {
            break
        }
        'omoide;help;config' {
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Prints the path of the user''s configuration file')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Prints the configuration in force here')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Checks the configuration files and names every mistake')
            break
        }
        'omoide;help;config;path' {
            break
        }
        'omoide;help;config;show' {
            break
        }
        'omoide;help;config;check' {
            break
        }
        'omoide;help;completions' {
            break
        }
        'omoide;help;man' {
            break
        }
        'omoide;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
