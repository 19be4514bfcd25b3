#!/bin/sh
# due.sh DAY - when an invoice of this day must be paid: 14 days later.
date -u -d "$1 + 14 days" +%Y-%m-%d
