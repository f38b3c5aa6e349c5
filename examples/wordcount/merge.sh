#!/bin/sh
# Adds up the "count word" lines of all partitions, most frequent word first.
export LC_ALL=C
awk '{ count[$2] += $1 } END { for (word in count) print count[word], word }' | sort -k1,1nr -k2
