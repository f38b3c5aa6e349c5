import type { Bundle } from '../../cli/bundle/bundle.ts';
import { Manifest } from '../../protocol/messages/bundles.ts';

/** The entries of a bundle's manifest, as the control plane reads them, with their paths as bytes. */
export const decodedManifest = (bundle: Bundle) =>
  Manifest.parse(JSON.parse(Buffer.from(bundle.manifest).toString())).entries.map((entry) => ({
    ...entry,
    path: Buffer.from(entry.path, 'base64'),
  }));
