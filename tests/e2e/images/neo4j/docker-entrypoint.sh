#!/bin/sh
# Writes settings and the first password by the variables that the official image has, then runs the server: never as root.
# NEO4J_server_memory_heap_max__size is server.memory.heap.max_size.
set -eu
conf=$NEO4J_HOME/conf/neo4j.conf

[ "${1-}" = neo4j ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
  chown -R neo4j:neo4j /data /logs "$NEO4J_HOME/conf"
  exec setpriv --reuid neo4j --regid neo4j --clear-groups "$0" "$@"
fi

# set_to SETTING VALUE: the line takes the place of one that is there.
set_to() {
  others=$(grep -v -F "$1=" "$conf" || true)
  printf '%s\n%s=%s\n' "$others" "$1" "$2" > "$conf"
}
setting() { sed -n "s/^$1=//p" "$conf"; }

for name in $(env | sed -n 's/^\(NEO4J_[a-z][A-Za-z0-9_]*\)=.*/\1/p'); do
  eval "value=\$$name"
  set_to "$(printf %s "${name#NEO4J_}" | sed 's/_/./g; s/\.\./_/g')" "$value"
done

java() {
  verb=$1; shift
  $verb /usr/bin/java -cp "$NEO4J_HOME/lib/*" -XX:+UseG1GC -XX:+ExitOnOutOfMemoryError -Dfile.encoding=UTF-8 \
    --add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED \
    --add-opens=java.base/sun.nio.ch=ALL-UNNAMED --add-opens=java.base/java.util.concurrent=ALL-UNNAMED \
    -Dio.netty.tryReflectionSetAccessible=true -Dlog4j2.disable.jmx=true "$@"
}

auth=${NEO4J_AUTH-}
if [ -n "${NEO4J_AUTH_FILE-}" ]; then auth=$(cat "$NEO4J_AUTH_FILE"); fi
case "$auth" in
  "") ;;
  none) set_to dbms.security.auth_enabled false ;;
  neo4j/?*)
    if [ ! -e /data/dbms/auth.ini ] && [ ! -e /data/databases/system ]; then
      export NEO4J_CONF="$NEO4J_HOME/conf"
      java command org.neo4j.cli.AdminTool dbms set-initial-password "${auth#neo4j/}"
    fi ;;
  *) echo "error: NEO4J_AUTH is neither none nor neo4j/<password>" >&2; exit 1 ;;
esac

heap() { size=$(setting "server.memory.heap.$1"); if [ -n "$size" ]; then echo "$2$size"; fi; }
java exec $(heap initial_size -Xms) $(heap max_size -Xmx) org.neo4j.server.CommunityEntryPoint \
  --home-dir="$NEO4J_HOME" --config-dir="$NEO4J_HOME/conf"
