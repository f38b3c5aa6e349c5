import * as z from 'zod';

/** Bytes inside JSON: arguments, paths and input are bytes everywhere, never JSON text. */
export const Base64 = z.base64();
export type Base64 = z.infer<typeof Base64>;

/** 8 KiB: `String.fromCharCode` takes its bytes as arguments, and engines bound their number. */
const PIECE_BYTES = 8192;

/** Encodes bytes as standard base64. */
export const toBase64 = (bytes: Uint8Array): Base64 => {
  let binary = '';
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(at, at + PIECE_BYTES));
  }
  return btoa(binary);
};

/** Decodes standard base64. */
export const fromBase64 = (text: Base64): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** UTF-8 bytes of a text. */
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => encoder.encode(text);

/** Text of bytes for people to read: what is no UTF-8 shows as U+FFFD. */
export const show = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Joins byte arrays. */
export const concat = (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** Lower-case hex of bytes. */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
