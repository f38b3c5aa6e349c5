import { show, utf8 } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import { shellQuote } from '../../protocol/quote.ts';
import { byHand, nameOf, type SshTarget } from './target.ts';

/** What ssh says beside the reason. */
const NOISE = /^(Warning: Permanently added|debug\d:|mux_client|Shared connection|\s*$)/;
/** Fault lines that a longer message ends with. */
const SHOWN_LINES = 3;

const wordsOf = (stderr: string): string => {
  const lines = stderr.split(/\r?\n/).filter((line) => !NOISE.test(line));
  // It names the place itself at times, and so do we.
  return lines
    .slice(-SHOWN_LINES)
    .join('; ')
    .replace(/^(ssh|\S+@\S+): /, '');
};

const FINGERPRINT = /SHA256:[A-Za-z0-9+/]{20,}/;
const IS_CHANGED = /IDENTIFICATION HAS CHANGED|host key is known for .* strict checking|REVOKED/i;
const IS_KEY_TROUBLE = /Host key verification failed/i;

const keyChanged = (target: SshTarget, stderr: string): PxError => {
  const sent = FINGERPRINT.exec(stderr)?.[0];
  const shown = sent === undefined ? 'another one' : sent;
  return new PxError(
    'host_key_changed',
    `${nameOf(target)}: its host key is not the one that is known: it sent ${shown}. Somebody may stand between, or the machine was set up anew.`,
    {
      hint: `Ask who runs it. If it was set up anew, forget the old key, then px cluster up again: ${forget(target)}`,
    },
  );
};

const quotedName = ({ host, port }: SshTarget): string =>
  port === undefined || port === 22 ? host : `'[${host}]:${port}'`;

const forget = (target: SshTarget): string => {
  const file = target.knownIn === undefined ? '' : ` -f ${show(shellQuote(utf8(target.knownIn)))}`;
  return `ssh-keygen -R ${quotedName(target)}${file}`;
};

/** Why ssh could not do it, in its own words, with what a person would try next. */
export const refusal = (target: SshTarget, stderr: string, what = 'ssh says'): PxError => {
  if (IS_CHANGED.test(stderr)) return keyChanged(target, stderr);
  const words = wordsOf(stderr) || 'it ended without a word';
  const isKey = IS_KEY_TROUBLE.test(stderr);
  const hint = isKey
    ? `Look at the key of every machine on the way: ${byHand(target)} true`
    : `Try it by hand: ${byHand(target)} true`;
  return new PxError('provider_refused', `${nameOf(target)}: ${what}: ${words}`, { hint });
};
