#!/bin/sh
# Start coturn with the configuration beside this file and the environment's values; arguments are coturn's.
#
# MOODRING_SITE         the realm
# MOODRING_TURN_SECRET  what it shares with Moodring; in a file of its own, because `ps` shows arguments
# MOODRING_TURN_PEERS   addresses and ranges that it leads to, parted by blanks
# MOODRING_EXTERNAL_IP  "public" or "public/private", behind a router
set -eu
umask 077
made=$(mktemp)
{
    cat "$(dirname "$0")/turnserver.conf"
    printf 'realm=%s\nstatic-auth-secret=%s\n' "$MOODRING_SITE" "$MOODRING_TURN_SECRET"
    for peer in $MOODRING_TURN_PEERS; do
        printf 'allowed-peer-ip=%s\n' "$peer"
    done
    if [ -n "${MOODRING_EXTERNAL_IP:-}" ]; then
        printf 'external-ip=%s\n' "$MOODRING_EXTERNAL_IP"
    fi
} >"$made"
exec turnserver -c "$made" "$@"
