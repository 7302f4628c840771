#!/bin/sh
# A server: a process that does nothing until it is killed. It makes itself known in one step, or not at all, so that
# whoever starts it may die at any moment, and of several that are started for one server one alone stays.
#
#   server.sh create NEW DIRECTORY        NEW becomes the server's directory, unless it has one already
#   server.sh start DIRECTORY NUMBER      this becomes its process of that number, unless it has one already
exec < /dev/null > /dev/null 2>&1
case $1 in
  create)
    echo $$ > "$2/pid.1" && mv -T "$2" "$3" || { rm -r "$2"; exit 1; }
    ;;
  start)
    echo $$ > "$2/new.$$" && ln "$2/new.$$" "$2/pid.$3"
    is_first=$?
    rm -f "$2/new.$$"
    [ "$is_first" = 0 ] || exit 1
    ;;
esac
while :; do sleep 3600; done
