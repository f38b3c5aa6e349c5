#!/bin/sh
# Counts the words on stdin and prints "count word" lines, in no particular order.
# Case and the punctuation around a word do not count: "The" and "the," are both "the".
export LC_ALL=C
exec awk '
  {
    for (field = 1; field <= NF; field++) {
      word = tolower($field)
      gsub(/^[[:punct:]]+|[[:punct:]]+$/, "", word)
      if (word != "") count[word]++
    }
  }
  END { for (word in count) print count[word], word }
'
