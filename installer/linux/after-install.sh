#!/bin/sh
# Says how to go on, after a first installation: then dpkg names no older version,
# and rpm counts one. The service is the user's own, and is neither started nor
# stopped from here.
set -e
if [ "$1" = configure ] && [ -z "$2" ] || [ "$1" = 1 ]; then
	echo 'baissh: as yourself, not as root: baissh login, then baissh service install'
fi
