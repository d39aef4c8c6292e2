#!/bin/sh
# Write the file of the users of Redis, with the hashes of their passwords.
#
#   sh make_users.sh FOLDER [PREFIX [DATABASE]] > users.acl
#
# FOLDER has the passwords, each in the file that users.acl names, such as redis_worker. PREFIX is ZETTAI_KEY_PREFIX, and
# DATABASE the number at the end of ZETTAI_REDIS_URL.
set -eu
folder=$1
prefix=${2:-zettai}
template=$(dirname "$0")/users.acl
changes="s/\([~&]\)zettai:/\1$prefix:/g;s/celery:\/0\./celery:\/${3:-0}./g"
for name in $(sed -n 's/.*#HASH-OF-\([a-z_]*\).*/\1/p' "$template"); do
    [ -s "$folder/$name" ] || { echo "make_users.sh: $folder/$name has no password" >&2; exit 1; }
    hash=$(tr -d '\r\n' < "$folder/$name" | sha256sum | cut -d ' ' -f 1)
    changes="$changes;s/HASH-OF-$name /$hash /"
done
sed "$changes" "$template"
