/** What somebody typed, as an error shows it. Every word of a command line is text: its type is no news. */
export const typed = (word: string): string => `\`${word}\``;
