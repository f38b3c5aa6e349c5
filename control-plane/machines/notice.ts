/** Where a machine hears that its owner takes it back: `value` at `url`, `graceMs` before its end. */
export interface Notice {
  url: string;
  /** The same, answered once the value changes. */
  waitUrl: string;
  headers: Readonly<Record<string, string>>;
  value: string;
  graceMs: number;
}
