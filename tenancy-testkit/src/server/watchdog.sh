# Owns one throwaway PostgreSQL server: makes its folder, starts it, stops it and removes the folder.
#
#   sh -c "$(cat watchdog.sh)" watchdog BIN NAME PARENT...
#
# BIN is the folder of the server's binaries. The server's own folder is PARENT/NAME, in the first PARENT where it
# can be made. Standard input carries the superuser's password, then orders, one a line:
#
#   start PORT   answered by `started` or `failed`; TENANCY_POSTGRES_OPTIONS of the environment are the server's, too
#   keep         the folder stays when the server is stopped
#
# The end of standard input is the order to stop. It comes when the process at the other end of the pipe is gone, for
# whatever reason, and nobody has to send it: that is why this script, and not the test, owns the server.
#
# Everything that takes long is a child of this script and is waited for, so the end of input is never seen while a
# program still writes to the folder.

set -u
umask 077
export LC_ALL=C

# The terminal's Ctrl-C and hang-up are for the test. PIPE: nobody may be left to read an answer.
trap '' HUP INT QUIT TERM PIPE

bin=$1 name=$2
shift 2
IFS= read -r password || exit 0

folder=
for parent; do
    if mkdir "$parent/$name" 2>/dev/null; then
        folder=$parent/$name
        break
    fi
done
if [ -z "$folder" ]; then
    echo "failed"
    exit 1
fi
data=$folder/data
keep=no
echo "folder $folder"

stop() {
    "$bin/pg_ctl" --pgdata="$data" --mode="$1" --wait --timeout=15 stop </dev/null >>"$folder/pg_ctl.log" 2>&1
}

initialise() {
    printf '%s\n' "$password" >"$folder/password"
    # Collation by bytes, so that tests sort alike everywhere; character types of Unicode, where the system has them.
    for ctype in C.UTF-8 en_US.UTF-8 C; do
        "$bin/initdb" --pgdata="$data" --username=postgres --pwfile="$folder/password" --auth=password \
            --encoding=UTF8 --locale=C --lc-ctype="$ctype" --no-sync --no-instructions \
            </dev/null >"$folder/initdb.log" 2>&1 && break
    done
    rm -f "$folder/password"
    # Nothing here outlives the test, so nothing is made durable; the server listens to this machine alone.
    [ -f "$data/PG_VERSION" ] && cat >>"$data/postgresql.conf" <<'CONF'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
# For tests of replication slots, of prepared transactions and of standbys.
wal_level = logical
max_prepared_transactions = 8
fsync = off
synchronous_commit = off
full_page_writes = off
max_wal_senders = 4
autovacuum = off
CONF
}

if initialise; then
    echo "initialised"
    while read -r order argument; do
        case $order in
        start)
            if "$bin/pg_ctl" --pgdata="$data" --log="$folder/server.log" --options="-p $argument ${TENANCY_POSTGRES_OPTIONS:-}" --wait --timeout=60 \
                start </dev/null >>"$folder/pg_ctl.log" 2>&1; then
                echo "started"
            else
                stop immediate
                echo "failed"
            fi
            ;;
        keep) keep=yes ;;
        esac
    done
else
    echo "failed"
    # The other end reads the log before it hangs up.
    while read -r order; do :; done
fi

if [ "$keep" = yes ]; then
    stop fast || stop immediate
    exit 0
fi
if [ -f "$data/postmaster.pid" ]; then
    stop immediate || kill -KILL "$(head -n 1 "$data/postmaster.pid")" 2>/dev/null
fi
# A last process of the server may still be writing.
for attempt in 1 2 3 4 5; do
    rm -rf "$folder" 2>/dev/null && break
    sleep 1
done
