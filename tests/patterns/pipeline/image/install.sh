#!/bin/sh
# install.sh - puts the program into the environment.
set -e
mkdir -p /opt/app
echo 1.0 >/opt/app/version
cp app /bin/app
chmod 755 /bin/app
