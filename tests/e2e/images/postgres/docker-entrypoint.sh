#!/bin/sh
# Makes the cluster at the first start, by the variables that the official image has, then runs the server: never as root.
# While it is made, the server listens on its socket alone.
set -eu

# value NAME DEFAULT: what NAME says, or the file that NAME_FILE names.
value() {
  eval "said=\${$1-} file=\${$1_FILE-}"
  [ -z "$said" ] || [ -z "$file" ] || { echo "error: both $1 and $1_FILE are set" >&2; exit 1; }
  if [ -n "$file" ]; then cat "$file"; else printf %s "${said:-$2}"; fi
}

case "${1-}" in -*) set -- postgres "$@" ;; esac
[ "$1" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chown -R postgres:postgres "$PGDATA" /var/run/postgresql
  exec setpriv --reuid postgres --regid postgres --clear-groups "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  user=$(value POSTGRES_USER postgres)
  password=$(value POSTGRES_PASSWORD "")
  database=$(value POSTGRES_DB "$user")
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  [ -n "$password" ] || [ "$method" = trust ] || { echo "error: POSTGRES_PASSWORD is not set" >&2; exit 1; }
  mkdir -p "$PGDATA"
  chmod 0700 "$PGDATA"
  secret=$(mktemp)
  printf '%s\n' "$password" > "$secret"
  initdb --username "$user" ${password:+--pwfile "$secret"} ${POSTGRES_INITDB_ARGS-}
  rm "$secret"
  echo "host all all all $method" >> "$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >> "$PGDATA/postgresql.conf"
  pg_ctl --wait -o "-c listen_addresses=''" start
  if [ "$database" != postgres ]; then createdb --username "$user" "$database"; fi
  for file in /docker-entrypoint-initdb.d/*; do
    case "$file" in
      *.sh) . "$file" ;;
      *.sql) psql -v ON_ERROR_STOP=1 --username "$user" --dbname "$database" --file "$file" ;;
    esac
  done
  pg_ctl --wait --mode fast stop
fi
exec "$@"
