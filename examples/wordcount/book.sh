#!/bin/sh
# Writes a book of about BYTES bytes (default 50000) that nobody wrote: sh book.sh [BYTES] >book.txt
# The same number gives the same book, whichever awk is installed.
export LC_ALL=C
exec awk -v bytes="${1:-50000}" '
  # Park and Miller: every product stays below 2^53, so that all awks agree on it. Their own rand()
  # differs from one to the next.
  function below(limit) { seed = (seed * 16807) % 2147483647; return int(seed / 2147483647 * limit) }

  # The smaller of two draws: the first words of a list come up more often, as in real text.
  function pick(list, size,   first, second) {
    first = below(size); second = below(size)
    return list[(first < second ? first : second) + 1]
  }

  function thing() {
    return pick(article, articles) " " (below(3) == 0 ? pick(quality, qualities) " " : "") pick(noun, nouns)
  }

  function clause() { return thing() " " pick(verb, verbs) " " thing() }

  function sentence(   text) {
    text = clause()
    if (below(3) == 0) text = text ", " pick(joint, joints) " " clause()
    if (below(5) == 0) text = pick(opening, openings) ", " text
    return toupper(substr(text, 1, 1)) substr(text, 2) (below(12) == 0 ? "!" : ".")
  }

  function say(line) { print line; written += length(line) + 1 }

  function paragraph(   left, line, words, count, i) {
    line = ""
    for (left = 3 + below(5); left > 0; left--) {
      count = split(sentence(), words, " ")
      for (i = 1; i <= count; i++) {
        if (length(line) + length(words[i]) > 78) { say(line); line = "" }
        line = (line == "" ? "" : line " ") words[i]
      }
    }
    say(line)
  }

  BEGIN {
    seed = 20240229
    articles = split("the a one every this that another no", article, " ")
    qualities = split("old quiet small green patient heavy bright idle distant crooked warm hollow swift", quality, " ")
    nouns = split("river machine harbour baker lantern queue garden captain bridge letter winter engine" \
      " village shepherd clock orchard mountain ledger traveller kettle forest sailor window miller", noun, " ")
    verbs = split("followed carried found remembered left counted mended watched crossed met kept" \
      " answered measured forgot", verb, " ")
    joints = split("and but while because until so", joint, " ")
    openings = split("meanwhile afterwards slowly once again", opening, " ")

    for (chapter = 1; written < bytes; chapter++) {
      if (chapter > 1) say("")
      say("Chapter " chapter)
      for (left = 8; left > 0 && written < bytes; left--) { say(""); paragraph() }
    }
  }
'
