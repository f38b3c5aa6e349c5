import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hintFor, Refusal } from '../../../../control-plane/providers/gcp/refusal.ts';

const hintOf = (permission: string): string =>
  hintFor(new Refusal(`Required '${permission}' permission for 'x'`, { status: 403 }), 'demo');

test('a permission that is missing is hinted at with the role that holds it', () => {
  assert.match(hintOf('compute.firewalls.create'), /demo .*--role=roles\/compute\.securityAdmin/);
  assert.match(hintOf('compute.networks.updatePolicy'), /--role=roles\/compute\.securityAdmin/);
  assert.match(hintOf('compute.instances.create'), /--role=roles\/compute\.instanceAdmin\.v1$/);
});
