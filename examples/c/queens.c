/* In how many ways can N queens stand on an N by N board so that none attacks another?
 *
 *   ./queens 8       counts them all
 *   ./queens 8:0     counts those whose queen in the first row stands in column 0
 *
 * The second form is what makes the work divisible: the counts of all columns add up to the first.
 * One line per argument goes to stdout: the argument and its count. An argument that cannot be read
 * is named on stderr, the others are counted all the same, and the exit status is 1. */

#include <stdio.h>

enum { LARGEST_BOARD = 18 }; /* One more takes about seven times as long, and this one minutes. */

/* Places a queen in each row that is left. A bit is set in `columns` where a column is taken, in
 * `left` and `right` where a diagonal from the rows above attacks this row. */
static long long place(unsigned board, unsigned columns, unsigned left, unsigned right)
{
    if (columns == board)
        return 1;
    long long count = 0;
    unsigned open = board & ~(columns | left | right);
    while (open) {
        unsigned queen = open & -open;
        open ^= queen;
        count += place(board, columns | queen, (left | queen) << 1, (right | queen) >> 1);
    }
    return count;
}

static long long count_all(int size)
{
    return place((1u << size) - 1, 0, 0, 0);
}

static long long count_from(int size, int column)
{
    unsigned queen = 1u << column;
    return place((1u << size) - 1, queen, queen << 1, queen >> 1);
}

/* The count that the argument asks for, or -1 where it makes no sense. */
static long long answer(const char *argument)
{
    int size, column, end = 0;
    if (sscanf(argument, "%2d%n", &size, &end) == 1 && !argument[end])
        column = -1;
    else if (sscanf(argument, "%2d:%2d%n", &size, &column, &end) != 2 || argument[end] || column < 0)
        return -1;
    if (size < 1 || size > LARGEST_BOARD || column >= size)
        return -1;
    return column < 0 ? count_all(size) : count_from(size, column);
}

int main(int argc, char **argv)
{
    int status = 0;
    for (int i = 1; i < argc; i++) {
        long long count = answer(argv[i]);
        if (count >= 0) {
            printf("%s %lld\n", argv[i], count);
            fflush(stdout); /* so that a finished line is not lost with an unfinished one */
        } else {
            fprintf(stderr, "queens: %s: expected SIZE or SIZE:COLUMN, with SIZE from 1 to %d\n", argv[i], LARGEST_BOARD);
            status = 1;
        }
    }
    return status;
}
