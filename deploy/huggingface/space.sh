#!/bin/sh
# Write the files of a Space into a folder, the clone of its repository: space.sh FOLDER
#
# They are this repository's last commit, with the Space's own README.md and settings.
set -eu
[ $# -eq 1 ] && [ -d "$1" ] || { echo "usage: space.sh FOLDER" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
git -C "$here/../.." archive HEAD | tar -x -C "$1"
cp "$here/README.md" "$1/README.md"
sed -n 's/^\([A-Z_]*\)=\(.*\)$/ENV \1="\2"/p' "$here/settings.env" >>"$1/Dockerfile"
