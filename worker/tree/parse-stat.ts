/** One process as /proc/PID/stat tells it. */
export interface ProcessStat {
  pid: number;
  parent: number;
  group: number;
  session: number;
  isZombie: boolean;
  /** User and system time of the process and of the children that it waited for, in clock ticks. */
  ticks: number;
  residentPages: number;
}

/**
 * Parses /proc/PID/stat. The second field is the name in parentheses and may hold anything, so that
 * the fields are counted from the last `)`: see proc_pid_stat(5).
 */
export const parseStat = (text: string): ProcessStat | null => {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (number: number): number => Number(fields[number - 3]);
  if (fields.length < 22) return null;
  return {
    pid: Number(text.slice(0, text.indexOf(' '))),
    parent: at(4),
    group: at(5),
    session: at(6),
    isZombie: fields[0] === 'Z',
    ticks: at(14) + at(15) + at(16) + at(17),
    residentPages: at(24),
  };
};
