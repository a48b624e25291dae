#!/bin/sh
# A list of popular books takes three seconds to make. Three ways to wait for it only once:
#
#   plain    it is made at the first call, and every later call gets the same one
#   expiry   it is good for five seconds: the next call still gets it, the one after that a new one
#   refresh  a daemon looks every two seconds and makes it anew when it is older than ten, whether
#            anybody asks or not, so nobody ever waits again
#
#     sh examples/walkthrough.sh [plain|expiry|refresh]...
#
# This is the walk-through of the Python library omoide-cache, told with commands: the same happens
# in the same order. Nothing of yours is touched: all of it is in a temporary folder, the cache and
# the daemon's socket too.
set -eu

# The times of the original; give others in the environment. The first one is for `sleep`.
: "${COST:=3}" "${TTL:=5s}" "${REFRESH:=10s}" "${PERIOD:=2s}"
# How often the list is made anew before somebody asks again.
: "${REFRESHES:=3}"
# The program; another one can be named.
: "${OMOIDE:=omoide}"
export COST

# No setting of yours counts here.
unset OMOIDE_CACHE_DIR OMOIDE_CONFIG OMOIDE_TTL OMOIDE_STALE OMOIDE_SCOPE OMOIDE_FORCE OMOIDE_DISABLE

WALKTHROUGH=$(mktemp -d "${TMPDIR:-/tmp}/omoide-walkthrough.XXXXXX")
export WALKTHROUGH
events=$WALKTHROUGH/events

finish() {
    if [ -n "${daemon_runs-}" ]; then
        "$OMOIDE" daemon stop >/dev/null || true
    fi
    settle
    rm -rf "$WALKTHROUGH"
}

# A call leaves the tidying of the cache to a process behind it: waits until that is done, so that
# the folder can be removed. Whoever wants to know how the cache is doing waits for it, too.
settle() {
    if [ -d "${OMOIDE_CACHE_DIR-}" ]; then
        "$OMOIDE" stats >/dev/null 2>&1 || true
    fi
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# The slow command: each time it runs it makes a new edition of the list.
cat >"$WALKTHROUGH/popular-books" <<'END'
#!/bin/sh
set -eu
sleep "$COST"
edition=$(($(cat "$WALKTHROUGH/edition") + 1))
echo "$edition" >"$WALKTHROUGH/edition"
# What it prints is stored and shown again, so what happened when is kept apart.
echo "$(date +%H:%M:%S) generated edition $edition" >>"$WALKTHROUGH/events"
for place in 1 2 3 4 5 6 7 8 9 10; do
    echo "edition $edition, number $place: a book that is much read"
done
END
chmod +x "$WALKTHROUGH/popular-books"

# A part of the walk-through begins, with an empty cache.
begin() {
    settle
    printf '\n%s\n' "$1"
    OMOIDE_CACHE_DIR=$WALKTHROUGH/cache-$1
    export OMOIDE_CACHE_DIR
    echo 0 >"$WALKTHROUGH/edition"
    : >"$events"
    shown=0
}

# Prints what has happened since it was last called.
show_events() {
    happened=$(($(wc -l <"$events")))
    if [ "$happened" -gt "$shown" ]; then
        sed -n "$((shown + 1)),${happened}p" "$events"
        shown=$happened
    fi
}

happens() {
    echo "$(date +%H:%M:%S) $*" >>"$events"
    show_events
}

# Asks for the list, with these options.
obtain() {
    books=$("$OMOIDE" "$@" -- "$WALKTHROUGH/popular-books")
    happens "obtained ${books%%,*}"
}

# Waits until a command succeeds, two minutes at most.
wait_until() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 1200 ]; then
            echo "walkthrough: waited two minutes for: $*" >&2
            exit 1
        fi
        show_events
        sleep 0.1
    done
}

has_expired() {
    "$OMOIDE" check --json "$@" -- "$WALKTHROUGH/popular-books" | grep -q '"state": *"expired"'
}

# Whether the cache holds this edition or a later one. To show an entry is not to ask for it.
holds_edition() {
    id=$("$OMOIDE" check --json -- "$WALKTHROUGH/popular-books" | sed -n 's/.*"id": *"\(.*\)".*/\1/p')
    books=$("$OMOIDE" show "$id" --stdout 2>/dev/null) || return 1
    edition=${books%%,*}
    [ "${edition#edition }" -ge "$1" ]
}

plain() {
    begin plain
    obtain
    obtain
    obtain
}

expiry() {
    begin expiry
    obtain --ttl "$TTL" --on-expired serve
    obtain --ttl "$TTL" --on-expired serve
    happens waiting
    wait_until has_expired --ttl "$TTL" --on-expired serve
    # The last one who gets the old list; from now on there is none.
    obtain --ttl "$TTL" --on-expired serve
    obtain --ttl "$TTL" --on-expired serve
}

refresh() {
    begin refresh
    "$OMOIDE" daemon start --period "$PERIOD" >/dev/null
    daemon_runs=yes
    obtain --refresh "$REFRESH"
    happens waiting
    wait_until holds_edition "$((REFRESHES + 1))"
    obtain --refresh "$REFRESH"
    "$OMOIDE" daemon stop >/dev/null
    daemon_runs=
}

for part in "${@:-all}"; do
    case $part in
    plain | expiry | refresh) "$part" ;;
    all)
        plain
        expiry
        refresh
        ;;
    *)
        echo "walkthrough: no part is called '$part'; there are plain, expiry and refresh" >&2
        exit 2
        ;;
    esac
done
